//! Which method and path mean what: a table, and how bodies are read and written.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderValue, USER_AGENT};
use hyper::{Method, Response, StatusCode, Uri};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::lending;
use super::protocol::{Code, Refusal, Refused, Request};
use super::server::PATIENCE;
use super::session::{Asker, Follow, LogQuery, Measure, Session};
use crate::sys::clock;

/// How large the body of a request may be, in bytes.
const LARGEST_BODY: usize = 64 << 10;
/// How much of what a client calls itself is remembered.
const LONGEST_NAME: usize = 60;

type Answer = Result<Response<Said>, Refusal>;

/// Answers one request.
pub(super) async fn answer(
    request: hyper::Request<Incoming>,
    session: Rc<dyn Session>,
    asker: Asker,
) -> Response<Said> {
    let asker = Asker { name: name_of(&request), ..asker };
    if lending::is_asked_for(request.uri()) {
        return lending::answer(request, &*session, asker).await.unwrap_or_else(|refusal| refused(&refusal));
    }
    route(request, &*session, asker).await.unwrap_or_else(|refusal| refused(&refusal))
}

/// The table.
async fn route(request: hyper::Request<Incoming>, session: &dyn Session, asker: Asker) -> Answer {
    let (head, body) = request.into_parts();
    let path = head.uri.path().trim_matches('/').to_owned();
    let path: Vec<&str> = path.split('/').collect();
    let get = head.method == Method::GET || head.method == Method::HEAD;
    let post = head.method == Method::POST;
    match path[..] {
        ["v1"] if get => json(session.about()),
        ["v1", "stack"] if get => json(&session.view(measure(&head.uri)?).await?),
        ["v1", "why"] if get => json(&session.why().await?),
        ["v1", "logs"] if get => {
            let query = LogQuery::read(head.uri.query(), clock::wall(), &clock::offset_at)?;
            let lines = session.follow(query).await?;
            Ok(response(StatusCode::OK, "application/x-ndjson", Stream::of(lines)))
        }
        ["v1", "restart"] if post => json(&session.ask(Request::Restart(read(body).await?), asker).await?),
        ["v1", "scale"] if post => json(&session.ask(Request::Scale(read(body).await?), asker).await?),
        ["v1", "reload"] if post => json(&session.ask(Request::Reload(read(body).await?), asker).await?),
        ["v1", "stop"] if post => json(&session.ask(Request::Stop(read(body).await?), asker).await?),
        ["v1", "up"] if post => json(&session.ask(Request::Up(read(body).await?), asker).await?),
        ["v1", "signal"] if post => json(&session.ask(Request::Signal(read(body).await?), asker).await?),
        ["v1", "wait"] if post => json(&session.ask(Request::Wait(read(body).await?), asker).await?),
        ["v1", "down"] if post => json(&session.ask(Request::Down(read(body).await?), asker).await?),
        ["v1"]
        | [
            "v1",
            "logs" | "stack" | "why" | "restart" | "stop" | "up" | "signal" | "wait" | "down" | "scale"
            | "reload",
        ] => Err(Refusal::new(Code::NoSuchMethod, format!("`{}` is not for this path", head.method))),
        _ => Err(Refusal::new(Code::NoSuchPath, format!("there is no `{}`", head.uri.path()))),
    }
}

fn measure(uri: &Uri) -> Result<Measure, Refusal> {
    match value(uri, "measure") {
        None | Some("false") => Ok(Measure::Nothing),
        Some("true") => Ok(Measure::Everything),
        Some(_) => Err(Refusal::new(Code::BadRequest, "`measure` is `true` or `false`")),
    }
}

/// Returns the value of a key in the query of a path. No key has a value that would need to be quoted.
pub(super) fn value<'a>(uri: &'a Uri, key: &str) -> Option<&'a str> {
    let pairs = uri.query()?.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "true")));
    pairs.filter(|(name, _)| *name == key).map(|(_, value)| value).next_back()
}

/// Reads the body of a request; none is as good as `{}`.
async fn read<T: DeserializeOwned>(body: Incoming) -> Result<T, Refusal> {
    let whole = tokio::time::timeout(PATIENCE, Limited::new(body, LARGEST_BODY).collect()).await;
    let bytes = match whole {
        Ok(Ok(whole)) => whole.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            return Err(Refusal::new(Code::TooLarge, "the body is larger than 64 KiB"));
        }
        Ok(Err(error)) => return Err(Refusal::new(Code::BadRequest, error.to_string())),
        Err(_) => return Err(Refusal::new(Code::BadRequest, "the body did not come within 10 seconds")),
    };
    let bytes = if bytes.is_empty() { Bytes::from_static(b"{}") } else { bytes };
    serde_json::from_slice(&bytes).map_err(|error| {
        Refusal::new(Code::BadRequest, format!("the body is not what this path takes: {error}"))
    })
}

/// What a client calls itself, as far as it is fit to be read.
fn name_of(request: &hyper::Request<Incoming>) -> Option<String> {
    let text = request.headers().get(USER_AGENT)?.to_str().ok()?;
    Some(text.chars().take(LONGEST_NAME).collect()).filter(|name: &String| !name.is_empty())
}

fn json(value: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(value).map_err(|error| Refusal::new(Code::Broken, error.to_string()))?;
    Ok(response(StatusCode::OK, "application/json", Said::whole(body)))
}

fn refused(refusal: &Refusal) -> Response<Said> {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response(status, "application/json", Said::whole(body_of(refusal)))
}

/// Returns the body that goes with a refusal.
pub(super) fn body_of(refusal: &Refusal) -> Vec<u8> {
    serde_json::to_vec(&Refused { error: refusal.clone() }).unwrap_or_default()
}

fn response(status: StatusCode, kind: &'static str, body: Said) -> Response<Said> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// The body of an answer.
pub(super) enum Said {
    /// All of it.
    Whole(Full<Bytes>),
    /// What comes, as it comes.
    AsItComes(Stream),
}

impl Said {
    /// Nothing.
    pub(super) fn nothing() -> Said {
        Said::Whole(Full::default())
    }

    fn whole(mut bytes: Vec<u8>) -> Said {
        bytes.push(b'\n');
        Said::Whole(Full::new(bytes.into()))
    }
}

type Next = Pin<Box<dyn Future<Output = (Option<Vec<u8>>, Box<dyn Follow>)>>>;

/// Lines, and the wait for the next of them.
pub(super) struct Stream(Option<Next>);

impl Stream {
    /// Makes a body of what follows.
    pub(super) fn of(lines: Box<dyn Follow>) -> Said {
        Said::AsItComes(Stream(Some(Stream::wait(lines))))
    }

    fn wait(mut lines: Box<dyn Follow>) -> Next {
        Box::pin(async move { (lines.next().await, lines) })
    }
}

impl Body for Said {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.get_mut() {
            Said::Whole(whole) => Pin::new(whole).poll_frame(context),
            Said::AsItComes(stream) => {
                let Some(next) = &mut stream.0 else { return Poll::Ready(None) };
                let (lines, rest) = std::task::ready!(next.as_mut().poll(context));
                stream.0 = lines.is_some().then(|| Stream::wait(rest));
                Poll::Ready(lines.map(|lines| Ok(Frame::data(lines.into()))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Said::Whole(whole) => whole.is_end_stream(),
            Said::AsItComes(stream) => stream.0.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Said::Whole(whole) => whole.size_hint(),
            Said::AsItComes(_) => SizeHint::default(),
        }
    }
}
