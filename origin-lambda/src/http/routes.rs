//! Which path and method each handler has.

use std::sync::Arc;

use axum::{
    Router,
    middleware::from_fn,
    routing::{MethodRouter, get, post, put},
};
use http::Uri;

use super::{
    cors, folders, health, history, images, middleware, objects, openapi, page, publisher, read,
    refusal::Refusal, releases, shares, uploads, uppy, viewer_logins,
};
use crate::{error::Error, origin::Origin};

/// The router of every transport.
pub(super) fn router(origin: Arc<Origin>) -> Router {
    let router = |routes: Vec<Route>| {
        let routes = routes.into_iter();
        let routes = routes.fold(Router::new(), |router, (path, methods)| {
            router.route(path, methods)
        });
        routes.method_not_allowed_fallback(async || Refusal::from(Error::Method))
    };
    router(for_publishers())
        .fallback(missing)
        .layer(from_fn(cors::share))
        .merge(router(for_viewers()))
        .merge(router(for_the_edge()))
        .merge(router(for_logins()))
        .merge(router(for_the_page()))
        .layer(from_fn(middleware::respond))
        .with_state(origin)
}

/// Answers for paths of no route: clients that put their paths behind an address with a slash are told so.
async fn missing(uri: Uri) -> Refusal {
    Refusal::from(match uri.path().starts_with("//") {
        true => Error::DoubleSlash,
        false => Error::NotFound,
    })
}

/// A path in the router's spelling, and its handler.
type Route = (&'static str, MethodRouter<Arc<Origin>>);

/// What viewers read through the CDN, where the edge says what is shared with whom.
fn for_viewers() -> Vec<Route> {
    vec![("/read/{*key}", get(read::read))]
}

/// What the edge alone asks for, and no client by itself: it is no part of the described API.
fn for_the_edge() -> Vec<Route> {
    vec![
        ("/list/", get(folders::list)),
        ("/list/{*folder}", get(folders::list)),
    ]
}

/// What `/_viewer/*` of the content's host leads to: browsers, and viewers' applications.
fn for_logins() -> Vec<Route> {
    vec![
        ("/login", get(viewer_logins::login)),
        ("/login/callback", get(viewer_logins::callback)),
        ("/session", post(viewer_logins::session)),
        ("/logout", get(viewer_logins::logout)),
        ("/logged-out", get(viewer_logins::logged_out)),
        ("/login-required", get(viewer_logins::login_required)),
    ]
}

/// The publishers' page, where its host is its own.
fn for_the_page() -> Vec<Route> {
    vec![
        ("/", get(page::index)),
        ("/open", get(page::open)),
        ("/page/settings", get(page::settings)),
        ("/page/login", post(page::login)),
        ("/page/{file}", get(page::asset)),
    ]
}

/// What publishers' programs and pages call.
fn for_publishers() -> Vec<Route> {
    let objects = put(objects::put).get(objects::describe);
    let images = post(images::upload).get(images::list);
    let uploads = post(uploads::begin).delete(uploads::abort_stale);
    let upload = get(uploads::describe).delete(uploads::abort);
    let uppy = get(uppy::list).delete(uppy::abort);
    let release = get(releases::describe).delete(releases::remove);
    let signature = get(releases::signature).put(releases::put_signature);
    let routes = [
        ("/healthz", get(health::health)),
        ("/openapi.json", get(openapi::show)),
        ("/publisher", get(publisher::describe)),
        ("/objects", get(objects::list)),
        ("/objects/{*key}", objects.delete(objects::delete)),
        (
            "/versions/{*key}",
            get(history::versions).post(history::restore),
        ),
        ("/deleted", get(history::deleted)),
        ("/shares", post(shares::share)),
        (
            "/releases/{site}",
            get(releases::list).post(releases::begin),
        ),
        ("/releases/{site}/{id}", release),
        ("/releases/{site}/{id}/manifest", get(releases::manifest)),
        ("/releases/{site}/{id}/signature", signature),
        ("/releases/{site}/{id}/present", get(releases::present)),
        ("/releases/{site}/{id}/uploads", post(releases::upload)),
        (
            "/releases/{site}/{id}/uploads/complete",
            post(releases::complete),
        ),
        ("/releases/{site}/{id}/downloads", post(releases::download)),
        ("/releases/{site}/{id}/copies", post(releases::copy)),
        ("/releases/{site}/{id}/verify", post(releases::verify)),
        ("/releases/{site}/{id}/activate", post(releases::activate)),
        ("/images", images),
        ("/uploads", uploads),
        ("/uploads/{token}", upload),
        ("/uploads/{token}/parts", post(uploads::sign_parts)),
        ("/uploads/{token}/complete", post(uploads::complete)),
        ("/s3/params", get(uppy::parameters)),
        ("/s3/multipart", post(uppy::create)),
        ("/s3/multipart/{token}", uppy),
        ("/s3/multipart/{token}/complete", post(uppy::complete)),
        ("/s3/multipart/{token}/{part}", get(uppy::sign)),
    ];
    let paged = |(path, methods): Route| (path, methods.options(cors::preflight));
    routes.into_iter().map(paged).collect()
}

/// The paths of the API, in the router's spelling.
pub fn paths() -> impl Iterator<Item = &'static str> {
    for_viewers()
        .into_iter()
        .chain(for_publishers())
        .map(|(path, _)| path)
}
