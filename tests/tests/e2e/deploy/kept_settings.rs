//! What others set on a deployed system stays: tags, retention of logs, a web ACL.

use crate::deploy_bench::{Bench, TOGETHER, done, text};

#[tokio::test(flavor = "multi_thread")]
async fn tags_of_others_stay_on_the_stacks_and_given_ones_are_added_or_removed() {
    let bench = Bench::new().await;
    done(
        &bench
            .deploy(TOGETHER, &["--yes", "--tag", "team=media", "--tag=cost=7"])
            .await,
    );
    let at = (TOGETHER.to_owned(), "media".to_owned());
    let tagged = |key: &str| bench.aws.state().stacks[&at].tags.get(key).cloned();
    let other = ("owner".to_owned(), "finance".to_owned());
    bench
        .aws
        .state()
        .stacks
        .get_mut(&at)
        .unwrap()
        .tags
        .extend([other]);
    assert!(done(&bench.deploy(TOGETHER, &["--yes"]).await).contains("no changes"));
    let flags = ["--yes", "--untag=cost", "--tag=team=video"];
    done(&bench.deploy(TOGETHER, &flags).await);
    assert_eq!(tagged("owner").as_deref(), Some("finance"));
    assert_eq!(tagged("team").as_deref(), Some("video"));
    assert_eq!(tagged("keyfront:stack").as_deref(), Some("media"));
    assert_eq!(tagged("cost"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_edges_log_groups_get_a_retention_where_they_exist_and_destroy_lists_them() {
    let bench = Bench::new().await;
    let group = |region: &str, name: &str| (region.to_owned(), format!("/aws/lambda/{name}"));
    let own = "us-east-1.media-EdgeFunction-1";
    let groups = [
        (group("eu-west-2", own), None),
        (group("ap-south-1", own), Some(7)),
        // Of functions of others.
        (group("eu-west-2", "us-east-1.media-EdgeFunction-12"), None),
        (group("eu-west-2", "other"), None),
    ];
    bench.aws.state().log_groups.extend(groups);
    bench
        .aws
        .state()
        .regions_denied
        .insert("eu-north-1".to_owned());
    let deployed = bench.deploy(TOGETHER, &["--yes"]).await;
    let reported = done(&deployed);
    assert!(
        reported.contains("logs in eu-north-1 cannot be read"),
        "{reported}"
    );
    let days: Vec<_> = bench.aws.state().log_groups.values().copied().collect();
    assert_eq!(days, [Some(30), None, Some(30), None]);
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    assert_eq!(bench.count("PutRetentionPolicy"), 2);
    let destroyed = done(&bench.run("destroy", &["--yes"]).await);
    for region in ["eu-west-2", "ap-south-1"] {
        let kept =
            format!("Kept: log group /aws/lambda/{own} in {region}, with a retention of 30 days");
        assert!(destroyed.contains(&kept), "{destroyed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_acl_attached_outside_survives_an_update_until_it_is_detached_by_name() {
    let bench = Bench::new().await;
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    let acl = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/mine/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f";
    acl.clone_into(&mut bench.aws.state().web_acl);
    let at = (TOGETHER.to_owned(), "media".to_owned());
    let deployed = || {
        bench.aws.state().stacks[&at]
            .parameters
            .get("WebAclArn")
            .cloned()
    };
    let reported = done(
        &bench
            .deploy(TOGETHER, &["--yes", "-p", "SitePrefix=p/"])
            .await,
    );
    assert!(
        reported.contains("attached to distribution E1 by other means, stays"),
        "{reported}"
    );
    assert_eq!(deployed().as_deref(), Some(acl));
    // The page's distribution has one of its own.
    let page_acl = acl.replace("/mine/", "/pages/");
    page_acl.clone_into(&mut bench.aws.state().page_web_acl);
    let page = ("PageDistributionId".to_owned(), "E2".to_owned());
    bench.aws.state().further_outputs.extend([page]);
    let reported = done(&bench.deploy(TOGETHER, &["--yes", "-p", "Page=true"]).await);
    assert!(
        reported.contains("attached to distribution E2 by other means, stays"),
        "{reported}"
    );
    let given = |name: &str| {
        let parameters = bench.aws.state().stacks[&at].parameters.clone();
        parameters.get(name).cloned()
    };
    assert_eq!(given("PageWebAclArn").as_deref(), Some(page_acl.as_str()));
    assert_eq!(deployed().as_deref(), Some(acl));
    // The content's own on the page is the template's doing.
    bench.aws.state().page_web_acl = acl.to_owned();
    done(
        &bench
            .deploy(TOGETHER, &["--yes", "-p", "PageWebAclArn="])
            .await,
    );
    assert_eq!(given("PageWebAclArn").as_deref(), Some(""));
    let reported = done(
        &bench
            .deploy(TOGETHER, &["--yes", "-p", "SitePrefix=q/"])
            .await,
    );
    assert!(!reported.contains("distribution E2"), "{reported}");

    bench.aws.state().distribution_hidden = true;
    let blind = bench.deploy(TOGETHER, &["--yes"]).await;
    assert_eq!(blind.status.code(), Some(3));
    assert!(text(&blind.stderr).contains("-p WebAclArn=ARN"));
    done(&bench.deploy(TOGETHER, &["--yes", "-p", "WebAclArn="]).await);
    assert_eq!(deployed().as_deref(), Some(""));
}
