//! A client of rmcp: requests on stdin, a line each; answers and events on stdout. Texts travel
//! as base64. A second argument is sent as the header `Mcp-Sse-Resume`.
use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::header::{HeaderMap, HeaderValue};
use rmcp::{
    ClientHandler, RoleClient, ServiceExt,
    model::{
        CallToolRequestParam, ClientInfo, LoggingMessageNotificationParam,
        ProgressNotificationParam,
    },
    service::{NotificationContext, Peer},
    transport::{SseClientTransport, sse_client::SseClientConfig},
};
use tokio::io::{AsyncBufReadExt, BufReader};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Clone)]
struct Handler;

impl ClientHandler for Handler {
    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        println!("progressed {}", params.progress);
    }

    async fn on_logging_message(
        &self,
        params: LoggingMessageNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        println!("notified {}", params.data);
    }

    fn get_info(&self) -> ClientInfo {
        ClientInfo::default()
    }
}

// rmcp handles each notification in a task of its own: with one thread they keep their order.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let url = args.next().ok_or("which URL?")?;
    let mut headers = HeaderMap::new();
    if let Some(value) = args.next() {
        headers.insert("mcp-sse-resume", HeaderValue::from_str(&value)?);
    }
    let http = reqwest::Client::builder().default_headers(headers).build()?;
    let config = SseClientConfig { sse_endpoint: url.into(), ..Default::default() };
    let transport = SseClientTransport::start_with_client(http, config).await?;
    let client = Handler.serve(transport).await?;
    let peer = Arc::new(client.peer().clone());
    let mut client = Some(client);
    println!("ready");
    let mut input = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = input.next_line().await? {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        if words[1] == "close" {
            if let Some(client) = client.take() {
                client.cancel().await?;
            }
            println!("{} ok ", words[0]);
            continue;
        }
        let peer = peer.clone();
        tokio::spawn(async move {
            match carry_out(&peer, &words).await {
                Ok(text) => println!("{} ok {}", words[0], BASE64_STANDARD.encode(text)),
                Err(error) => {
                    println!("{} error {}", words[0], BASE64_STANDARD.encode(error.to_string()))
                }
            }
        });
    }
    Ok(())
}

async fn carry_out(peer: &Peer<RoleClient>, words: &[String]) -> Result<String, Failure> {
    if words[1] == "tools" {
        let tools = peer.list_all_tools().await?;
        let names: Vec<_> = tools.iter().map(|tool| tool.name.to_string()).collect();
        return Ok(names.join(" "));
    }
    // It asks for the progress of every call.
    let name = words[2].clone().into();
    let result = peer.call_tool(CallToolRequestParam { name, arguments: None }).await?;
    match result.content.first().and_then(|content| content.as_text()) {
        Some(text) => Ok(text.text.clone()),
        None => Ok(serde_json::to_string(&result)?),
    }
}
