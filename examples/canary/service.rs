//! The service: handlers that call traced functions. No function names a project.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use multitracer::{KeyValue, Registry, enrich_span, traced};

pub(crate) fn app(registry: &Registry) -> Router {
    // the layer selects the tracer by headers, continues the caller's trace, and makes the server
    // span
    let layer = registry.http_layer().with_matched_path();
    Router::new().route("/api/chat", post(chat)).layer(layer)
}

async fn chat(question: String) -> Result<String, StatusCode> {
    answer(&question).await.map_err(|_| StatusCode::BAD_GATEWAY)
}

#[derive(Debug, thiserror::Error)]
enum ChatError {
    #[error("the model is overloaded")]
    Overloaded,
}

// no tracer is named here, so the tracer of the request is used
#[traced(fields(question.length = question.len()), err)]
async fn answer(question: &str) -> Result<String, ChatError> {
    let documents = retrieve(question).await;
    let best = rank(documents);
    generate(question, &best).await
}

#[traced(name = "vector_store.search", kind = "client", fields(db.system.name = "qdrant"))]
async fn retrieve(question: &str) -> Vec<String> {
    tokio::time::sleep(Duration::from_millis(3)).await;
    question.split_whitespace().map(str::to_owned).collect()
}

#[traced]
fn rank(mut documents: Vec<String>) -> String {
    documents.sort_by_key(String::len);
    documents.pop().unwrap_or_default()
}

#[traced(name = "llm.call", kind = "client", fields(gen_ai.request.model = "small"), err)]
async fn generate(question: &str, context: &str) -> Result<String, ChatError> {
    tokio::time::sleep(Duration::from_millis(5)).await;
    if question.contains("overload") {
        return Err(ChatError::Overloaded);
    }
    enrich_span([KeyValue::new("llm.tokens", 12)]);
    Ok(format!("about {context}"))
}
