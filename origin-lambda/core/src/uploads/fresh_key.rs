//! Keys made for one upload.

use keyfront_names::ObjectKey;

use super::form::REPLACED_IN_FORMS;
use crate::error::Error;

/// A key nobody else writes: the folder, an unguessable name, and the file's own name.
///
/// # Errors
/// They make no valid key together.
pub fn fresh_key(folder: &str, random_name: &str, file_name: &str) -> Result<ObjectKey, Error> {
    let leaf = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
    // A form's key may not hold what S3 would replace; the file's own name is in the sealed metadata.
    let leaf = leaf.replace(REPLACED_IN_FORMS, "_");
    ObjectKey::new(format!("{folder}{random_name}-{leaf}")).map_err(Error::Key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_key_keeps_the_files_own_name_and_none_of_its_folders() {
        for (file_name, key) in [
            ("a.png", "img/r-a.png"),
            ("C:\\photos\\a.png", "img/r-a.png"),
            ("../../a.png", "img/r-a.png"),
            ("a${filename}.png", "img/r-a_.png"),
        ] {
            assert_eq!(fresh_key("img/", "r", file_name).unwrap().as_str(), key);
        }
        assert!(matches!(fresh_key("img/", "r", "a\nb"), Err(Error::Key(_))));
    }
}
