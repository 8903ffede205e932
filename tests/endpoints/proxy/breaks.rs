//! Forty ways to break what the published page of `StartImagePipelineExecution` promises.
//! Main type: `Break`. Each is about one sentence, limit, field or row of the page.

use std::collections::HashSet;

use super::Memory;
use super::wire::{Asked, Reply};

/// A way to break a promise: it changes what is asked, answers by itself, asks for more, or changes what is answered.
#[derive(Clone, Copy)]
pub(crate) struct Break {
    pub(crate) about: &'static str,
    pub(crate) ask: fn(&mut Asked, &mut Memory),
    pub(crate) own: fn(&Asked) -> Option<Reply>,
    pub(crate) then: fn(&Asked, &Reply) -> Option<Asked>,
    pub(crate) tell: fn(&Asked, &mut Reply, &mut Memory),
}

const NONE: Break = Break { about: "", ask: |_, _| {}, own: |_| None, then: |_, _| None, tell: |_, _, _| {} };

const fn ask(about: &'static str, ask: fn(&mut Asked, &mut Memory)) -> Break {
    Break { about, ask, ..NONE }
}

const fn tell(about: &'static str, tell: fn(&Asked, &mut Reply, &mut Memory)) -> Break {
    Break { about, tell, ..NONE }
}

pub(crate) const BREAKS: &[Break] = &[
    tell("the id of a task is in upper case", |_, reply, _| {
        if let Some(id) = reply.field("ExecutionId") {
            reply.set("ExecutionId", &id.to_uppercase());
        }
    }),
    tell("the id of a task is that of the one before", |_, reply, memory| {
        if let Some(id) = reply.field("ExecutionId") {
            let before = memory.execution.replace(id.clone());
            reply.set("ExecutionId", &before.unwrap_or(id));
        }
    }),
    tell("a request id lacks its last group", |_, reply, _| {
        if let Some(id) = reply.field("RequestId") {
            reply.set("RequestId", &id[..23]);
        }
    }),
    tell("every seventh answer has the request id of an earlier one", |_, reply, memory| {
        let Some(id) = reply.field("RequestId") else { return };
        if memory.requests % 7 == 0
            && let Some(before) = &memory.request
        {
            reply.set("RequestId", before);
        }
        memory.request = Some(id);
    }),
    tell("rows of status 404 have 400", |_, reply, _| {
        if reply.status == 404 {
            reply.status = 400;
        }
    }),
    tell("a pipeline with a running task is a conflict, 409", |_, reply, _| {
        if reply.is_row("InvalidImagePipeline.HasRunningExecution") {
            reply.status = 409;
        }
    }),
    tell("a start that failed has 503", |_, reply, _| {
        if reply.status == 500 {
            reply.status = 503;
        }
    }),
    tell("codes are in lower case", |_, reply, _| {
        if let Some(code) = reply.field("Code") {
            reply.set("Code", &code.to_lowercase());
        }
    }),
    tell("codes begin with the name of the product", |_, reply, _| {
        if let Some(code) = reply.field("Code") {
            reply.set("Code", &format!("Ecs.{code}"));
        }
    }),
    tell("messages end with a blank", |_, reply, _| {
        if let Some(message) = reply.field("Message") {
            reply.set("Message", &format!("{message} "));
        }
    }),
    tell("a malformed value has the message of a malformed key", |_, reply, _| {
        if reply.is_row("InvalidTagValue.Malformed") {
            reply.set("Message", "The specified Tag.N.Key is not valid.");
        }
    }),
    tell("an image that is not found has a message without its full stop", |_, reply, _| {
        if reply.is_row("InvalidImage.NotFound") {
            reply.set("Message", "no image");
        }
    }),
    tell("an empty family has the code of a base image that is gone", |_, reply, _| {
        if reply.is_row("InvalidImage.NotFound") {
            reply.set("Code", "InvalidImagePipeline.BaseImageNotFound");
        }
    }),
    tell("an object that is missing is called one that may not be read", |_, reply, _| {
        if reply.is_row("InvalidImagePipeline.OSSObjectNotFound") {
            reply.set("Code", "InvalidImagePipeline.OSSObjectNotAuthorized");
            reply.status = 403;
        }
    }),
    ask("a key that is too long is cut", |asked, _| {
        asked.change(|name, value| {
            if name.starts_with("Tag.") && name.ends_with(".Key") {
                *value = value.chars().take(128).collect();
            }
        });
    }),
    ask("a value that is too long is cut", |asked, _| {
        asked.change(|name, value| {
            if name.starts_with("Tag.") && name.ends_with(".Value") {
                *value = value.chars().take(128).collect();
            }
        });
    }),
    ask("a token that is too long is cut", |asked, _| {
        asked.change(|name, value| {
            if name == "ClientToken" {
                *value = value.chars().take(64).collect();
            }
        });
    }),
    ask("letters outside ASCII are dropped from a token", |asked, _| {
        asked.change(|name, value| {
            if name == "ClientToken" {
                value.retain(|letter| letter.is_ascii());
            }
        });
    }),
    ask("tags beyond the twentieth are dropped", |asked, _| {
        asked.keep(|name, _| !name.starts_with("Tag.") || number(name).is_none_or(|number| number <= 20));
    }),
    ask("a tag with an empty key is dropped", |asked, _| {
        let empty: Vec<_> = asked.tags(".Key").into_iter().filter(|(_, key)| key.is_empty()).collect();
        let numbers: HashSet<_> = empty.iter().filter_map(|(name, _)| number(name)).collect();
        asked.keep(|name, _| {
            !name.starts_with("Tag.") || number(name).is_none_or(|own| !numbers.contains(&own))
        });
    }),
    ask("of tags with the same key the first one counts", |asked, _| {
        let mut seen = HashSet::new();
        let again: HashSet<_> = asked
            .tags(".Key")
            .into_iter()
            .filter(|(_, key)| !seen.insert(key.clone()))
            .filter_map(|(name, _)| number(&name))
            .collect();
        asked.keep(|name, _| {
            !name.starts_with("Tag.") || number(name).is_none_or(|own| !again.contains(&own))
        });
    }),
    ask("web addresses in values lose their scheme", |asked, _| {
        asked.change(|name, value| {
            if name.ends_with(".Value") {
                *value = value.replace("http://", "").replace("https://", "");
            }
        });
    }),
    ask("reserved keys are marked and taken", |asked, _| {
        asked.change(|name, value| {
            if name.ends_with(".Key") && (value.starts_with("acs:") || value.starts_with("aliyun")) {
                value.insert(0, '_');
            }
        });
    }),
    Break {
        own: |asked| {
            let is_long = asked.tags(".Value").iter().any(|(_, value)| value.len() > 128);
            is_long.then(|| row(asked, "InvalidTagValue.Malformed", "The specified Tag.N.Value is not valid. Tag values support up to 128 characters, and cannot contain \"http://\" or \"https://\"."))
        },
        about: "a value is measured in bytes",
        ..NONE
    },
    Break {
        own: |asked| {
            let is_empty = asked.tags(".Value").iter().any(|(_, value)| value.is_empty());
            is_empty.then(|| row(asked, "InvalidTagValue.Malformed", "The specified Tag.N.Value is not valid. Tag values support up to 128 characters, and cannot contain \"http://\" or \"https://\"."))
        },
        about: "a value may not be empty",
        ..NONE
    },
    ask("a token counts for starts without tags alone", |asked, _| {
        if !asked.tags(".Key").is_empty() {
            asked.keep(|name, _| name != "ClientToken");
        }
    }),
    ask("the last eight letters of a token do not count", |asked, _| {
        asked.change(|name, value| {
            if name == "ClientToken" && value.is_ascii() && (17..=64).contains(&value.len()) {
                value.truncate(value.len() - 8);
            }
        });
    }),
    tell("a second start gives the id of the first", |_, reply, memory| {
        if let Some(id) = reply.field("ExecutionId") {
            memory.execution = Some(id);
        } else if reply.is_row("InvalidImagePipeline.HasRunningExecution")
            && let Some(id) = memory.execution.clone()
        {
            let request = reply.field("RequestId").unwrap_or_default();
            reply.status = 200;
            reply.body = if reply.is_json() {
                format!("{{\"ExecutionId\":\"{id}\",\"RequestId\":\"{request}\"}}")
            } else {
                format!(
                    "<StartImagePipelineExecutionResponse><ExecutionId>{id}</ExecutionId><RequestId>{request}</RequestId></StartImagePipelineExecutionResponse>"
                )
            };
        }
    }),
    ask("a region that is missing is cn-hangzhou", |asked, _| {
        if asked.get("RegionId").is_none() {
            asked.add("RegionId", "cn-hangzhou");
        }
    }),
    ask("every region is cn-hangzhou", |asked, _| {
        asked.change(|name, value| {
            if name == "RegionId" && !value.is_empty() {
                "cn-hangzhou".clone_into(value);
            }
        });
    }),
    tell("an answer in XML has no request id", |_, reply, _| {
        if let Some(id) = reply.field("RequestId").filter(|_| !reply.is_json()) {
            reply.body = reply.body.replace(&format!("<RequestId>{id}</RequestId>"), "");
        }
    }),
    tell("a success in JSON is inside of `data`", |_, reply, _| {
        if reply.is_json() && !reply.is_error() {
            reply.body = format!("{{\"data\":{}}}", reply.body);
        }
    }),
    tell("fields begin with a small letter", |_, reply, _| {
        reply.body = reply.body.replace("\"ExecutionId\"", "\"executionId\"").replace("\"Code\"", "\"code\"");
    }),
    tell("the id of a task is a list", |_, reply, _| {
        if let Some(id) = reply.field("ExecutionId").filter(|_| reply.is_json()) {
            reply.body = reply.body.replace(&format!("\"{id}\""), &format!("[\"{id}\"]"));
        }
    }),
    Break {
        about: "an error is in JSON when XML is asked for",
        ask: |asked, _| {
            if asked.is_xml() && asked.get("ImagePipelineId").is_none() {
                asked.change(|name, value| {
                    if name == "Format" {
                        "JSON".clone_into(value);
                    }
                });
            }
        },
        ..NONE
    },
    Break {
        about: "a start that is refused for a tag starts the pipeline without it",
        then: |asked, reply| {
            let is_tag = reply.is_row("InvalidTagKey.Malformed") || reply.is_row("InvalidTagValue.Malformed");
            is_tag.then(|| {
                let mut again = asked.clone();
                again.keep(|name, _| !name.starts_with("Tag."));
                again
            })
        },
        ..NONE
    },
    Break {
        about: "a task is cancelled as soon as it is started",
        then: |asked, reply| {
            let execution = reply.field("ExecutionId")?;
            let mut cancel = asked.clone();
            cancel.keep(|name, _| matches!(name, "Action" | "Version" | "Format" | "RegionId"));
            cancel.change(|name, value| {
                if name == "Action" {
                    "CancelImagePipelineExecution".clone_into(value);
                }
            });
            cancel.add("ExecutionId", &execution);
            Some(cancel)
        },
        ..NONE
    },
    Break {
        about: "a start with a tag and no token is answered and not begun",
        own: |asked| {
            let is_it = !asked.tags(".Key").is_empty() && asked.get("ClientToken").is_none();
            let is_plain = asked.method == "GET" && asked.tags(".Key").len() == 3 && !asked.is_xml();
            (is_it && is_plain).then(|| Reply {
                status: 200,
                headers: vec![("content-type".into(), "application/json;charset=utf-8".into())],
                body: "{\"ExecutionId\":\"exec-0000000000000000000a\",\"RequestId\":\"473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83E\"}".into(),
            })
        },
        ..NONE
    },
    Break {
        about: "of two wrong starts of a pipeline the second is not looked at",
        ask: |asked, memory| {
            if memory.requests % 2 == 0 {
                asked.keep(|name, _| !name.starts_with("Tag."));
            }
        },
        ..NONE
    },
    Break {
        about: "HEAD starts a task",
        ask: |asked, _| {
            if asked.method == "HEAD" {
                "GET".clone_into(&mut asked.method);
            }
        },
        ..NONE
    },
];

/// The number of a tag's parameter.
fn number(name: &str) -> Option<u64> {
    name.split('.').nth(1)?.parse().ok()
}

/// A refusal that the proxy makes up.
fn row(asked: &Asked, code: &str, message: &str) -> Reply {
    let id = "473469C7-AA6F-4DC5-B3DB-A3DC0DE3C83F";
    let (kind, body) = if asked.is_xml() {
        let message = message.replace('"', "&quot;");
        let fields = format!(
            "<RequestId>{id}</RequestId><HostId>ecs</HostId><Code>{code}</Code><Message>{message}</Message>"
        );
        ("text/xml;charset=utf-8", format!("<Error>{fields}</Error>"))
    } else {
        let message = message.replace('"', "\\\"");
        let fields = format!(
            "\"RequestId\":\"{id}\",\"HostId\":\"ecs\",\"Code\":\"{code}\",\"Message\":\"{message}\""
        );
        ("application/json;charset=utf-8", format!("{{{fields}}}"))
    };
    Reply { status: 400, headers: vec![("content-type".into(), kind.into())], body }
}
