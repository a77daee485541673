//! Why no connection was made, in words that somebody can act on.

use std::error::Error;
use std::io;

use flowrun_kit::http::TransportError;
use rustls::{AlertDescription, CertificateError, Error as TlsError, InvalidMessage};

/// What is wrong with a connection that was not made, if it is something that another try won't mend.
pub(super) fn refusal(error: &reqwest::Error) -> Option<TransportError> {
    let causes = causes(error);
    let tls = causes.iter().find_map(|cause| cause.downcast_ref::<TlsError>()).and_then(untrusted);
    let (why, help) = tls.or_else(|| causes.iter().find_map(|cause| barred(&cause.to_string())))?;
    Some(TransportError::Refused { why, help: help.into() })
}

/// The causes of an error, the nearest first.
pub(super) fn causes(error: &reqwest::Error) -> Vec<&(dyn Error + 'static)> {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause);
        // Of an error that it wraps, an I/O error gives the source only, never the error itself.
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => cause.source(),
        };
    }
    causes
}

/// What TLS has against the host.
fn untrusted(error: &TlsError) -> Option<(String, &'static str)> {
    let (why, help) = match error {
        TlsError::InvalidCertificate(wrong) => certificate(wrong),
        TlsError::NoCertificatesPresented => {
            ("its server shows no certificate".to_owned(), "check the address")
        }
        TlsError::InvalidMessage(
            InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
        ) => ("its server does not speak TLS at this port".to_owned(), "check the port of the address"),
        TlsError::PeerIncompatible(why) => {
            (format!("its server and flowrun have no kind of TLS in common: {why:?}"), OLD)
        }
        TlsError::AlertReceived(AlertDescription::HandshakeFailure | AlertDescription::ProtocolVersion) => {
            ("its server and flowrun have no kind of TLS in common".to_owned(), OLD)
        }
        _ => return None,
    };
    Some((why, help))
}

const OLD: &str = "flowrun speaks TLS 1.2 and 1.3; something old may be in between";

fn certificate(wrong: &CertificateError) -> (String, &'static str) {
    use CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet, NotValidYetContext,
        Revoked, UnknownIssuer,
    };
    let clock =
        "check this machine's date; if it is right, whoever runs the server must renew the certificate";
    match wrong {
        UnknownIssuer => (
            "its certificate is from an authority that this machine does not know".to_owned(),
            "if your network has an authority of its own, give its certificate: --ca-file, or FLOWRUN_CA_FILE",
        ),
        Expired | ExpiredContext { .. } => ("its certificate has expired".to_owned(), clock),
        NotValidYet | NotValidYetContext { .. } => ("its certificate is not valid yet".to_owned(), clock),
        NotValidForName => ("its certificate is for another host".to_owned(), "check the address"),
        NotValidForNameContext { expected, presented } => {
            let presented: Vec<&str> = presented.iter().map(|name| shown(name)).collect();
            let others = if presented.is_empty() { "no host".to_owned() } else { presented.join(", ") };
            (
                format!("its certificate is for {others}, not for {}", expected.to_str()),
                "check the address, and that nothing else answers in the vendor's place",
            )
        }
        Revoked => ("its certificate was revoked".to_owned(), "do not go on; ask whoever runs the server"),
        other => (
            format!("its certificate can't be trusted: {other}"),
            "if your network has an authority of its own, its certificates may be made wrongly",
        ),
    }
}

/// A name as a certificate has it: `DnsName("acme.okta.com")`.
fn shown(name: &str) -> &str {
    name.split_once('"').and_then(|(_, rest)| rest.split_once('"')).map_or(name, |(name, _)| name)
}

/// A cause, told as the proxy's if it is.
pub(super) fn in_words_of_proxies(cause: String) -> String {
    match cause.strip_prefix("tunnel error: ") {
        Some("failed to create underlying connection") => "the proxy can't be reached".to_owned(),
        Some(rest) => format!("the proxy broke off: {rest}"),
        None => cause,
    }
}

/// What a proxy has against the connection. The type of its error is private to the HTTP client; its words are tested.
fn barred(cause: &str) -> Option<(String, &'static str)> {
    match cause.strip_prefix("tunnel error: ")? {
        "proxy authorization required" => Some((
            "the proxy wants a name and a password (407), or other ones".to_owned(),
            "put them into the proxy's address: HTTPS_PROXY=http://name:password@host:port",
        )),
        "unsuccessful" => Some((
            "the proxy refuses to connect to it".to_owned(),
            "ask whoever runs the proxy to let this host through, or name the host in NO_PROXY",
        )),
        _ => None,
    }
}
