//! Prints what a template comes to for some parameters, as JSON: the resources that exist, every function computed. For
//! tools that check templates and do not compute conditions. What only AWS knows is given a name of the same shape. With a
//! document of sites it is the template that a deployment of them makes.
#![allow(clippy::print_stdout, reason = "it prints the resolved template")]

use std::{error::Error, fs};

use keyfront_cloudformation::{Document, Resolution, Sites, Template};
use serde_json::{Map, json};

const USAGE: &str = "usage: resolve-template [--sites FILE] FILE_NAME [PARAMETER=VALUE ...]";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).peekable();
    let sites = match arguments.next_if(|argument| argument == "--sites") {
        Some(_) => Some(arguments.next().ok_or(USAGE)?),
        None => None,
    };
    let name = arguments.next().ok_or(USAGE)?;
    let template = Template::ALL
        .into_iter()
        .find(|template| template.file_name() == name)
        .ok_or_else(|| format!("unknown template {name}"))?;
    let document = match sites {
        Some(sites) => {
            let sites = Sites::parse(&fs::read_to_string(sites)?)?;
            Document::parse(&template.body_with(&sites)?)?
        }
        None => template.document()?,
    };
    let parameters = arguments
        .map(|argument| parameter(&document, &argument))
        .collect::<Result<Vec<_>, _>>()?;
    let resolution = Resolution::new(&document, parameters, |name| Some(known(&document, name)));
    let mut resources = Map::new();
    for (name, resource) in document.section("Resources") {
        if resolution.exists(resource)? {
            resources.insert(name.to_owned(), resolution.value(resource)?);
        }
    }
    println!("{:#}", json!({ "Resources": resources }));
    Ok(())
}

fn parameter(document: &Document, argument: &str) -> Result<(String, String), String> {
    let (name, value) = argument.split_once('=').ok_or(USAGE)?;
    let declared = document.parameters();
    if declared.iter().any(|parameter| parameter.name == name) {
        Ok((name.to_owned(), value.to_owned()))
    } else {
        Err(format!("the template has no parameter {name}"))
    }
}

/// A name or ARN in the shape AWS would give it.
fn known(document: &Document, name: &str) -> String {
    let is_bucket = document
        .section("Resources")
        .any(|(resource, entry)| resource == name && entry["Type"] == "AWS::S3::Bucket");
    match name {
        "AWS::AccountId" => "123456789012".to_owned(),
        "AWS::Partition" => "aws".to_owned(),
        "AWS::Region" => "us-east-1".to_owned(),
        "AWS::StackName" => "media".to_owned(),
        "AWS::URLSuffix" => "amazonaws.com".to_owned(),
        "OriginUrl.FunctionUrl" => "https://origin.lambda-url.us-east-1.on.aws/".to_owned(),
        bucket if is_bucket => format!("media-{}", bucket.to_ascii_lowercase()),
        other => format!("arn:aws:test:us-east-1:123456789012:{other}"),
    }
}
