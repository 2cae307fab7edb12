//! The loopback gate: who opens a connection is not yet the officer.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use itgel_field::gate::Gate;
use itgel_field::router;
use tower::ServiceExt as _;

use crate::officer::Officer;
use crate::world::entropy;

const HOST: &str = "127.0.0.1:40123";

async fn answer(router: &Router, request: Request<Body>) -> Response<Body> {
    router.clone().oneshot(request).await.unwrap()
}

fn request(path: &str, headers: &[(header::HeaderName, &str)]) -> Request<Body> {
    let method = if path == "/lock" { "POST" } else { "GET" };
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn no_page_is_shown_to_another_program_host_or_site() {
    let officer = Officer::with_a_new_device(1);
    let gate = Gate::new(officer.app.clone(), HOST, entropy(3).as_ref()).unwrap();
    let router = gate.before(router(officer.app.clone()));
    let host = (header::HOST, HOST);

    let stranger = answer(&router, request("/", std::slice::from_ref(&host))).await;
    assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
    let guessed = answer(
        &router,
        request("/launch?key=00", std::slice::from_ref(&host)),
    )
    .await;
    assert_eq!(guessed.status(), StatusCode::UNAUTHORIZED);
    let rebound = answer(&router, request("/", &[(header::HOST, "evil.example")])).await;
    assert_eq!(rebound.status(), StatusCode::MISDIRECTED_REQUEST);

    let path = gate.launch_url().replace(&format!("http://{HOST}"), "");
    let launched = answer(&router, request(&path, std::slice::from_ref(&host))).await;
    let cookie = launched.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
    let cookie = (header::COOKIE, cookie.split(';').next().unwrap());

    let opened = answer(&router, request("/", &[host.clone(), cookie.clone()])).await;
    assert_eq!(opened.status(), StatusCode::OK);
    let policy = opened.headers()[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .unwrap();
    assert!(policy.starts_with("default-src 'self';") && !policy.contains("unsafe"));
    assert_eq!(opened.headers()[header::CACHE_CONTROL], "no-store");
    let page = axum::body::to_bytes(opened.into_body(), usize::MAX);
    let page = String::from_utf8(page.await.unwrap().to_vec()).unwrap();
    let style = page
        .split("<link rel=\"stylesheet\" href=\"")
        .nth(1)
        .unwrap();
    let style = style.split('"').next().unwrap();
    for (address, is_kept) in [(style, true), ("/assets/field.css?v=0", false)] {
        let given = answer(&router, request(address, &[host.clone(), cookie.clone()])).await;
        assert_eq!(given.status(), StatusCode::OK);
        let keep = given.headers()[header::CACHE_CONTROL].to_str().unwrap();
        assert_eq!(keep.contains("immutable"), is_kept, "{address}: {keep}");
    }

    let foreign = (header::ORIGIN, "http://127.0.0.1:9");
    for origin in [None, Some(foreign)] {
        let mut headers = vec![host.clone(), cookie.clone()];
        headers.extend(origin);
        let refused = answer(&router, request("/lock", &headers)).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    }
    let ours = (header::ORIGIN, "http://127.0.0.1:40123");
    let locked = answer(&router, request("/lock", &[host, cookie, ours])).await;
    assert_ne!(locked.status(), StatusCode::FORBIDDEN);
}

#[cfg(unix)]
#[test]
fn the_file_that_holds_the_key_is_read_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let officer = Officer::with_a_new_device(1);
    let url = "http://127.0.0.1:1/launch?key=00";
    let file = itgel_field::launch::write_redirect(officer.data(), url).unwrap();
    let mode = std::fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
