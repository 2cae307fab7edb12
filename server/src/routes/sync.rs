//! The sync protocol over HTTP: each step one call.

use axum::extract::State;
use itgel_domain::sync::SyncProtocol as _;
use itgel_domain::sync::fetch::{Fetch, Fetched};
use itgel_domain::sync::hello::{Hello, HelloAnswer};
use itgel_domain::sync::media::{Chunk, ChunkAnswer};
use itgel_domain::sync::pull::{Pull, PullPage};
use itgel_domain::sync::push::{Push, PushAnswer};

use super::App;
use super::extract::{Device, Wire, with_service};
use super::problem::Refusal;
use crate::sync::DeviceSession;

pub(super) async fn hello(
    State(app): State<App>,
    Device(device): Device,
    Wire(request): Wire<Hello>,
) -> Result<Wire<HelloAnswer>, Refusal> {
    let answer = with_service(&app, move |s| {
        DeviceSession {
            service: s.clone(),
            device,
        }
        .hello(&request)
    });
    Ok(Wire(answer.await?))
}

pub(super) async fn push(
    State(app): State<App>,
    Device(device): Device,
    Wire(request): Wire<Push>,
) -> Result<Wire<PushAnswer>, Refusal> {
    let answer = with_service(&app, move |s| {
        DeviceSession {
            service: s.clone(),
            device,
        }
        .push(&request)
    });
    Ok(Wire(answer.await?))
}

pub(super) async fn pull(
    State(app): State<App>,
    Device(device): Device,
    Wire(request): Wire<Pull>,
) -> Result<Wire<PullPage>, Refusal> {
    let answer = with_service(&app, move |s| {
        DeviceSession {
            service: s.clone(),
            device,
        }
        .pull(&request)
    });
    Ok(Wire(answer.await?))
}

pub(super) async fn fetch(
    State(app): State<App>,
    Device(device): Device,
    Wire(request): Wire<Fetch>,
) -> Result<Wire<Fetched>, Refusal> {
    let answer = with_service(&app, move |s| {
        DeviceSession::new(s.clone(), device).fetch(&request)
    });
    Ok(Wire(answer.await?))
}

pub(super) async fn send_chunk(
    State(app): State<App>,
    Device(device): Device,
    Wire(request): Wire<Chunk>,
) -> Result<Wire<ChunkAnswer>, Refusal> {
    let answer = with_service(&app, move |s| {
        DeviceSession::new(s.clone(), device).send_chunk(&request)
    });
    Ok(Wire(answer.await?))
}
