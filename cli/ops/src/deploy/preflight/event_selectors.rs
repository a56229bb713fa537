//! Whether a trail's event selectors record what happens to the objects of a bucket. Pure.
//!
//! AWS's documentation of both kinds: a value of a classic selector is a prefix of ARNs, `arn:aws:s3` being all buckets; an
//! advanced selector records what meets all of its fields, and a field takes one of its values, or none of the `Not…` ones.

use std::collections::BTreeSet;

use serde::Deserialize;

const OBJECTS: &str = "AWS::S3::Object";

/// `GetEventSelectors`: a trail has one kind or the other.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct EventSelectors {
    event_selectors: Vec<Classic>,
    advanced_event_selectors: Vec<Advanced>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Classic {
    read_write_type: String,
    data_resources: Vec<DataResource>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct DataResource {
    r#type: String,
    values: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Advanced {
    field_selectors: Vec<Field>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Field {
    field: String,
    equals: Vec<String>,
    starts_with: Vec<String>,
    ends_with: Vec<String>,
    not_equals: Vec<String>,
    not_starts_with: Vec<String>,
    not_ends_with: Vec<String>,
}

/// What is recorded of a bucket's objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Coverage {
    /// Every read and every write.
    Whole,
    /// Some; what limits it.
    Part(BTreeSet<String>),
    Nothing,
}

/// Reads and writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Recorded {
    reads: bool,
    writes: bool,
}

impl EventSelectors {
    /// `objects` is what the ARNs of all of the bucket's objects begin with: `arn:aws:s3:::NAME/`.
    pub(super) fn coverage(&self, objects: &str) -> Coverage {
        let mut whole = Recorded {
            reads: false,
            writes: false,
        };
        let mut limits = BTreeSet::new();
        let classic = self.event_selectors.iter();
        let classic = classic.filter_map(|one| one.recorded(objects));
        let advanced = self.advanced_event_selectors.iter();
        let advanced = advanced.filter_map(|one| one.recorded(objects));
        for outcome in classic.chain(advanced) {
            match outcome {
                Ok(recorded) => {
                    whole.reads |= recorded.reads;
                    whole.writes |= recorded.writes;
                }
                Err(limit) => limits.extend(limit),
            }
        }
        if whole.reads && whole.writes {
            return Coverage::Whole;
        }
        if whole.reads {
            limits.insert("only reads".to_owned());
        }
        if whole.writes {
            limits.insert("only writes".to_owned());
        }
        match limits.is_empty() {
            true => Coverage::Nothing,
            false => Coverage::Part(limits),
        }
    }
}

impl Classic {
    /// `None` if it records nothing of these objects, the limits if only some of them.
    fn recorded(&self, objects: &str) -> Option<Result<Recorded, Vec<String>>> {
        let resources = self.data_resources.iter();
        let values: Vec<&String> = resources
            .filter(|resource| resource.r#type == OBJECTS)
            .flat_map(|resource| &resource.values)
            .collect();
        if values
            .iter()
            .any(|value| objects.starts_with(value.as_str()))
        {
            return Some(Ok(Recorded {
                reads: self.read_write_type != "WriteOnly",
                writes: self.read_write_type != "ReadOnly",
            }));
        }
        let below = values.iter().filter(|value| value.starts_with(objects));
        let limits: Vec<String> = below.map(|value| format!("only {value}")).collect();
        (!limits.is_empty()).then_some(Err(limits))
    }
}

impl Advanced {
    /// As [`Classic::recorded`].
    fn recorded(&self, objects: &str) -> Option<Result<Recorded, Vec<String>>> {
        let mut recorded = Recorded {
            reads: true,
            writes: true,
        };
        let (mut is_data, mut is_of_objects, mut limits) = (false, false, Vec::new());
        for field in &self.field_selectors {
            match field.field.as_str() {
                "eventCategory" => is_data = field.takes("Data"),
                "resources.type" => is_of_objects = field.takes(OBJECTS),
                "readOnly" => {
                    recorded.reads &= field.takes("true");
                    recorded.writes &= field.takes("false");
                }
                "resources.ARN" => match field.covers(objects) {
                    Some(true) => {}
                    Some(false) => limits.push(format!("resources.ARN {}", field.values())),
                    None => return None,
                },
                other => limits.push(format!("{other} {}", field.values())),
            }
        }
        if !is_data || !is_of_objects || !(recorded.reads || recorded.writes) {
            return None;
        }
        Some(if limits.is_empty() {
            Ok(recorded)
        } else {
            Err(limits)
        })
    }
}

impl Field {
    /// Whether one value meets the field.
    fn takes(&self, value: &str) -> bool {
        let positive = [&self.equals, &self.starts_with, &self.ends_with];
        let some = self.equals.iter().any(|one| one == value)
            || self.starts_with.iter().any(|one| value.starts_with(one))
            || self.ends_with.iter().any(|one| value.ends_with(one));
        let none = self.not_equals.iter().any(|one| one == value)
            || self
                .not_starts_with
                .iter()
                .any(|one| value.starts_with(one))
            || self.not_ends_with.iter().any(|one| value.ends_with(one));
        (some || positive.iter().all(|values| values.is_empty())) && !none
    }

    /// Whether every ARN that begins so meets the field, or only some; `None` if no one does.
    fn covers(&self, objects: &str) -> Option<bool> {
        let excluded =
            |values: &[String]| values.iter().any(|one| objects.starts_with(one.as_str()));
        if excluded(&self.not_starts_with) {
            return None;
        }
        let touches = |values: &[String]| values.iter().any(|one| one.starts_with(objects));
        let limited = touches(&self.not_starts_with)
            || touches(&self.not_equals)
            || !self.not_ends_with.is_empty();
        let is_open =
            self.equals.is_empty() && self.starts_with.is_empty() && self.ends_with.is_empty();
        if is_open || excluded(&self.starts_with) {
            return Some(!limited);
        }
        let some =
            touches(&self.starts_with) || touches(&self.equals) || !self.ends_with.is_empty();
        some.then_some(false)
    }

    /// Its values, for people.
    fn values(&self) -> String {
        let operators = [
            ("Equals", &self.equals),
            ("StartsWith", &self.starts_with),
            ("EndsWith", &self.ends_with),
            ("NotEquals", &self.not_equals),
            ("NotStartsWith", &self.not_starts_with),
            ("NotEndsWith", &self.not_ends_with),
        ];
        let given = operators.iter().filter(|(_, values)| !values.is_empty());
        let given: Vec<String> = given
            .map(|(operator, values)| format!("{operator} {}", values.join(" ")))
            .collect();
        given.join(", ")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]
    use serde_json::{Value, json};

    use super::*;

    fn coverage(selectors: Value) -> Coverage {
        let selectors: EventSelectors = serde_json::from_value(selectors).unwrap();
        selectors.coverage("arn:aws:s3:::media/")
    }

    fn classic(kind: &str, values: Value) -> Value {
        json!({"ReadWriteType": kind, "IncludeManagementEvents": true, "ExcludeManagementEventSources": [],
            "DataResources": [{"Type": "AWS::S3::Object", "Values": values}]})
    }

    fn advanced(more: Value) -> Value {
        let mut fields = vec![
            json!({"Field": "eventCategory", "Equals": ["Data"]}),
            json!({"Field": "resources.type", "Equals": ["AWS::S3::Object"]}),
        ];
        fields.extend(more.as_array().unwrap().clone());
        json!({"Name": "n", "FieldSelectors": fields})
    }

    #[test]
    fn classic_selectors_record_by_prefix_and_by_kind() {
        let of = |selectors: Value| coverage(json!({"EventSelectors": selectors}));
        for value in ["arn:aws:s3", "arn:aws:s3:::", "arn:aws:s3:::media/"] {
            assert_eq!(
                of(json!([classic("All", json!([value]))])),
                Coverage::Whole,
                "{value}"
            );
        }
        let halves = [
            classic("ReadOnly", json!(["arn:aws:s3:::media/"])),
            classic("WriteOnly", json!(["arn:aws:s3"])),
        ];
        assert_eq!(of(json!(halves)), Coverage::Whole);
        let part = |limit: &str| Coverage::Part([limit.to_owned()].into());
        assert_eq!(of(json!([halves[1]])), part("only writes"));
        assert_eq!(
            of(json!([classic("All", json!(["arn:aws:s3:::media/img/"]))])),
            part("only arn:aws:s3:::media/img/")
        );
        for other in [json!(["arn:aws:s3:::media-2/"]), json!([])] {
            assert_eq!(of(json!([classic("All", other)])), Coverage::Nothing);
        }
        assert_eq!(coverage(json!({})), Coverage::Nothing);
    }

    #[test]
    fn advanced_selectors_record_what_meets_all_their_fields() {
        let of = |more: Value| coverage(json!({"AdvancedEventSelectors": [advanced(more)]}));
        let whole = [
            json!([]),
            json!([{"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::media/"]}]),
            json!([{"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::other/", "arn:aws:s3:::med"]}]),
            json!([{"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::logs/"]}]),
        ];
        for more in whole {
            assert_eq!(of(more.clone()), Coverage::Whole, "{more}");
        }
        let part = [
            json!([{"Field": "readOnly", "Equals": ["false"]}]),
            json!([{"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::media/img/"]}]),
            json!([{"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::media/tmp/"]}]),
            json!([{"Field": "eventName", "NotEquals": ["HeadObject"]}]),
        ];
        for more in part {
            assert!(matches!(of(more.clone()), Coverage::Part(_)), "{more}");
        }
        let nothing = [
            json!([{"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::other/"]}]),
            json!([{"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::media/"]}]),
        ];
        for more in nothing {
            assert_eq!(of(more.clone()), Coverage::Nothing, "{more}");
        }
        let management =
            json!([{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]);
        assert_eq!(
            coverage(json!({"AdvancedEventSelectors": management})),
            Coverage::Nothing
        );
    }
}
