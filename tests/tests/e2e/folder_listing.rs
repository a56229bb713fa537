//! Listings of folders through the CDN: what is shown, how pages follow one another, and that nothing leads in a circle.

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::Method;
use keyfront_tests::local_stack::LocalStack;
use serde_json::Value;

/// What is written, and where a name could be taken for markup, a scheme or another host.
const KEYS: [&str; 8] = [
    "docs/b&b.txt",
    "docs/<img src=x onerror=alert(1)>.txt",
    "docs/javascript:alert(1)",
    "docs///evil.example",
    "docs/sub/a",
    "docs/sub/b",
    "docs/",
    "top",
];
/// More than a page has.
const MANY: usize = 1_003;

async fn listing(configure: impl FnOnce(&mut keyfront_dev_stack::StackConfig)) -> LocalStack {
    let stack = LocalStack::configured(|config| {
        config.listing = true;
        configure(config);
    })
    .await;
    let s3 = stack.s3();
    let keys = KEYS.map(str::to_owned).into_iter();
    let many = (0..MANY).map(|number| match number % 2 {
        0 => format!("many/{number:05}"),
        _ => format!("many/{number:05}/file"),
    });
    stream::iter(keys.chain(many))
        .for_each_concurrent(16, |key| async move {
            let call = s3.put_object().bucket("keyfront-dev").key(key);
            call.body(ByteStream::from_static(b"x"))
                .send()
                .await
                .unwrap();
        })
        .await;
    stack
}

async fn json(stack: &LocalStack, target: &str) -> Value {
    let answer = stack.cdn().get(target).await;
    assert_eq!(answer.status, 200, "{target}: {:?}", answer.body);
    assert_eq!(answer.header("content-type"), "application/json");
    answer.json()
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_are_listed_for_people_and_programs() {
    let stack = listing(|_| ()).await;

    let root = json(&stack, "/_list/?format=json").await;
    // Keyfront's own documents are in the bucket, and in no listing.
    assert!(stack.exists(".keyfront/publishers.json").await);
    assert_eq!(texts(&root["folders"]), ["docs/", "many/"]);
    assert_eq!(root["files"][0]["path"], "/top");

    let docs = json(&stack, "/_list/docs/?format=json").await;
    assert_eq!(docs["path"], "/docs/");
    assert_eq!(texts(&docs["folders"]), ["/", "sub/"]);
    let files = docs["files"].as_array().unwrap();
    assert_eq!(
        files.len(),
        3,
        "the folder's own marker is no file: {files:?}"
    );
    // Each is read where its listing says it is.
    for file in files {
        let path = file["path"].as_str().unwrap();
        let answer = stack.cdn().get(path).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body[..]),
            (200, &b"x"[..]),
            "{path}"
        );
    }

    let page = stack.cdn().get("/_list/docs/").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(
        page.header("content-security-policy")
            .starts_with("default-src 'none'")
    );
    let html = String::from_utf8(page.body.to_vec()).unwrap();
    assert!(
        html.contains("&lt;img src=x onerror=alert(1)&gt;.txt"),
        "{html}"
    );
    assert!(
        !html.contains("<img") && !html.contains("href=\"javascript:"),
        "{html}"
    );

    let head = stack
        .cdn()
        .send(Method::HEAD, "/_list/docs/", &[], Bytes::new())
        .await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_folder_show_every_name_once_in_a_few_calls() {
    let stack = listing(|_| ()).await;
    let (mut folders, mut files, mut pages) = (Vec::new(), Vec::new(), 0);
    let mut target = "/_list/many/?format=json".to_owned();
    loop {
        let page = json(&stack, &target).await;
        pages += 1;
        folders.extend(texts(&page["folders"]).into_iter().map(str::to_owned));
        let names = page["files"].as_array().unwrap().iter();
        files.extend(names.map(|file| file["name"].as_str().unwrap().to_owned()));
        let Some(after) = page["next_after"].as_str() else {
            break;
        };
        target = format!(
            "/_list/many/?format=json&after={}",
            after.replace('/', "%2F")
        );
    }
    assert_eq!(
        (pages, folders.len(), files.len()),
        (2, MANY / 2, MANY - MANY / 2)
    );
    for names in [&mut folders, &mut files] {
        let listed = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), listed);
    }
    for (query, code) in [
        ("after=%FF", "query-refused"),
        ("format=xml", "query-refused"),
        ("after=a&after=b", "query-refused"),
    ] {
        let answer = stack.cdn().get(&format!("/_list/many/?{query}")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (400, code.to_owned()),
            "{query}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_without_an_index_leads_to_its_listing_and_an_empty_one_nowhere() {
    let stack = listing(|_| ()).await;
    for (path, location) in [
        ("/", "/_list/"),
        ("/many/", "/_list/many/"),
        ("/nothing%20here/", "/_list/nothing%20here/"),
    ] {
        let answer = stack.cdn().get(path).await;
        assert!(
            matches!(answer.status.as_u16(), 301 | 302),
            "{path}: {}",
            answer.status
        );
        assert_eq!(answer.header("location"), location);
    }
    let nothing = stack.cdn().get("/_list/nothing%20here/").await;
    assert_eq!(
        (nothing.status.as_u16(), nothing.code()),
        (404, "not-found".to_owned())
    );
    assert_eq!(nothing.header("location"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_is_kept_for_a_minute_by_page_and_format_alone() {
    let stack = listing(|_| ()).await;
    let cache = |target: &'static str| {
        let stack = &stack;
        async move { stack.cdn().get(target).await.header("x-cache").to_owned() }
    };
    assert!(cache("/_list/docs/").await.starts_with("Miss"));
    assert!(cache("/_list/docs/?utm=1").await.starts_with("Hit"));
    assert!(cache("/_list/docs/?format=json").await.starts_with("Miss"));
    let answer = stack.cdn().get("/_list/docs/").await;
    assert_eq!(
        answer.header("cache-control"),
        "public, max-age=60, stale-if-error=0"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_edge_asks_for_listings_and_only_where_the_site_says_so() {
    let stack = listing(|_| ()).await;
    // By the publishers' API, directly and through the CDN, with the mark that the edge alone may write.
    let facts = [("x-keyfront-response", "v1 reader denied *")];
    for (wire, target) in [
        (stack.wire(), "/list/?path=&site=%2F"),
        (stack.cdn(), "/_publish/list/?path=&site=%2F"),
    ] {
        let bearer = format!("Bearer {}", stack.dev.publisher_token);
        let headers = [&facts[..], &[("authorization", &bearer)]].concat();
        let answer = wire.send(Method::GET, target, &headers, Bytes::new()).await;
        assert!(
            matches!(answer.status.as_u16(), 401 | 404),
            "{target}: {}",
            answer.status
        );
    }
    let quiet = listing(|config| config.listing = false).await;
    for target in ["/_list/", "/_list/docs/", "/"] {
        let answer = quiet.cdn().get(target).await;
        assert_eq!(answer.status, 404, "{target}");
    }
}
