#![allow(clippy::unwrap_used)]
use super::*;

#[test]
#[allow(clippy::too_many_lines, reason = "every field of the configuration")]
fn the_functions_environment_gives_the_linked_origins_configuration() {
    let role = "arn:aws:iam::111122223333:role/keyfront-edge";
    let master = [7; 32];
    let config = Config {
        bucket: BucketName::new("media").unwrap(),
        key_arn: KeyArn::parse("arn:aws:kms:eu-west-1:111122223333:key/1").unwrap(),
        region: Region::new("eu-west-1").unwrap(),
        edge_role: Some(RoleArn::parse(role).unwrap()),
        public_url: Some("https://cdn.example".to_owned()),
        s3_endpoint: Some("http://s3.example".to_owned()),
        s3_style: S3Style::Path,
        checksums: ChecksumDemand::Always,
        publisher_auth: PublisherAuth::default(),
        presigned_lifetime: 60,
        kms_endpoint: Some("http://kms.example".to_owned()),
        customer_keys: CustomerKeySettings {
            parameter: Some(
                ParameterArn::parse("arn:aws:ssm:us-east-1:111122223333:parameter/k").unwrap(),
            ),
            ssm_endpoint: Some("http://ssm.example".to_owned()),
        },
        master_key: Some(MasterKeySetting::new("dev", master)),
        reader: ReaderSettings {
            verify_limit: 1,
            commitment: Commitment::Optional,
            foreign_context: Some([("a".to_owned(), "b".to_owned())].into_iter().collect()),
        },
        cdn: Some(CdnSettings {
            distribution_parameter: ParameterArn::parse(
                "arn:aws:ssm:us-east-1:111122223333:parameter/p",
            )
            .unwrap(),
            site_prefix: Some("www/".to_owned()),
            site_index: Some("index.html".to_owned()),
            site_fallback: Some("app.html".to_owned()),
            site_query: Some("v,w".to_owned()),
            site_spellings: Spellings::Any,
            site_release: Some("whole".to_owned()),
            further_sites: vec![FurtherSite {
                path: "/docs/".to_owned(),
                prefix: Some("docs/".to_owned()),
                index: Some("index.html".to_owned()),
                fallback: None,
                query: vec!["v".to_owned()],
                spelling: Some(config::Spelling::Accept),
                release: Some("docs".to_owned()),
            }],
            cloudfront_endpoint: Some("http://cloudfront.example".to_owned()),
            ssm_endpoint: Some("http://ssm.example".to_owned()),
        }),
        viewers: Some(ViewerSettings {
            parameter: ParameterArn::parse("arn:aws:ssm:us-east-1:111122223333:parameter/v")
                .unwrap(),
            signing_key: KeyArn::parse("arn:aws:kms:eu-west-1:111122223333:key/2").unwrap(),
            ssm_endpoint: Some("http://ssm.example".to_owned()),
        }),
        releases: ReleaseSettings {
            queue: Some("http://sqs.example/1/q".to_owned()),
            sqs_endpoint: Some("http://sqs.example".to_owned()),
            settling: Duration::from_millis(1500),
        },
        page: PageSettings {
            native: true,
            preview_url: Some("http://127.0.0.1:9081".to_owned()),
        },
    };
    let variables = environment(&config, role.to_owned(), &master);
    let lookup = |name: &str| {
        let found = variables.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone())
    };
    let read = Config::read_on_lambda(lookup).unwrap();
    assert_eq!(format!("{read:?}"), format!("{config:?}"));
    // The one value that Debug redacts.
    assert_eq!(lookup(config::MASTER_KEY), Some(STANDARD.encode(master)));
}
