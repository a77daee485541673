//! Notices by mail.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use flowrun_kit::clock::Clock;
use flowrun_project::Problem;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};

use super::notices::Notice;
use super::sending::Try;
use super::settings::{Env, MailSettings, secret, value};

/// How long a server may take to answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Sends mails over one server.
pub struct Mail {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    to: Vec<Mailbox>,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("to", &self.to.len()).finish_non_exhaustive()
    }
}

impl Mail {
    /// Mails as the settings want them.
    pub fn new(settings: &MailSettings, env: &Env) -> Result<Mail, Problem> {
        let server = server(&secret("notices.mail.server", &settings.server, env)?)?;
        let mailbox = |name: &str, text: &String| -> Result<Mailbox, Problem> {
            let text = value(name, text, env)?;
            let help = "write it as `ops@example.com` or `Operations <ops@example.com>`";
            let told = |_| Problem::new(format!("`{name}` isn't a mail address")).help(help);
            text.expose_secret().parse().map_err(told)
        };
        if settings.to.is_empty() {
            return Err(Problem::new("`notices.mail.to` names nobody"));
        }
        Ok(Mail {
            server,
            from: mailbox("notices.mail.from", &settings.from)?,
            to: settings.to.iter().map(|to| mailbox("notices.mail.to", to)).collect::<Result<_, _>>()?,
        })
    }

    /// Sends a notice once. The clock stands meanwhile, where it is simulated: a network takes its own time.
    pub async fn send(&self, notice: &Notice, number: u64, clock: &Clock) -> Try {
        let _hold = clock.hold();
        let message = match self.message(notice, number, clock.now_ms()) {
            Ok(message) => message,
            Err(error) => return Try::Never(error.to_string()),
        };
        match self.server.send(message).await {
            Ok(_) => Try::Accepted,
            Err(error) if error.is_permanent() => Try::Never(error.to_string()),
            Err(error) => Try::Again(error.to_string(), None),
        }
    }

    fn message(&self, notice: &Notice, number: u64, now_ms: i64) -> Result<Message, lettre::error::Error> {
        let at = UNIX_EPOCH + Duration::from_millis(u64::try_from(now_ms).unwrap_or_default());
        let domain = self.from.email.domain();
        let mut builder = Message::builder()
            .from(self.from.clone())
            .subject(format!("[flowrun] {}", notice.title()))
            .header(ContentType::TEXT_PLAIN)
            .date(at)
            .message_id(Some(format!("<flowrun.{now_ms}.{number}@{domain}>")))
            // RFC 3834: nobody's absence is to be told to a program.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        for to in &self.to {
            builder = builder.to(to.clone());
        }
        let link = notice.link.as_ref().map(|link| format!("Answer here: {link}\n"));
        builder.body(notice.text() + &link.unwrap_or_default())
    }
}

/// The server of an address. A password never goes over a network in clear.
fn server(address: &SecretString) -> Result<AsyncSmtpTransport<Tokio1Executor>, Problem> {
    let forms =
        "write it as `smtps://user:password@host`, or `smtp://user:password@host?tls=required` for STARTTLS";
    let broken =
        |why: &str| Problem::new(format!("`notices.mail.server` isn't a mail server: {why}")).help(forms);
    let url = url::Url::parse(address.expose_secret()).map_err(|_| broken("it isn't an address"))?;
    let here = url.host_str().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"));
    let required = url.query_pairs().any(|(key, value)| key == "tls" && value == "required");
    match url.scheme() {
        "smtps" => {}
        "smtp" if required || here => {}
        "smtp" => return Err(broken("it would be reached without TLS")),
        _ => return Err(broken("it begins with neither `smtps:` nor `smtp:`")),
    }
    let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())
        .map_err(|error| broken(&error.to_string()))?;
    Ok(builder.timeout(Some(TIMEOUT)).build())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use flowrun_store::State;
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpListener;

    use super::*;
    use crate::watch::tests::{change, moved};

    /// A mail server as far as RFC 5321 needs it for one mail; it answers MAIL with `code`. What it was told is kept.
    async fn serve(listener: TcpListener, code: u16, told: Arc<Mutex<String>>) {
        let (socket, _) = listener.accept().await.unwrap();
        let (reader, mut writer) = socket.into_split();
        writer.write_all(b"220 mail.example.com ESMTP\r\n").await.unwrap();
        let (mut lines, mut in_data) = (BufReader::new(reader).lines(), false);
        while let Some(line) = lines.next_line().await.unwrap() {
            told.lock().unwrap().push_str(&format!("{line}\n"));
            let word = line.get(..4).unwrap_or_default();
            let answer = match word {
                _ if in_data && line != "." => continue,
                "EHLO" => "250-mail.example.com\r\n250-8BITMIME\r\n250 AUTH PLAIN\r\n".to_owned(),
                "AUTH" => "235 2.7.0 ok\r\n".to_owned(),
                "MAIL" => format!("{code} said\r\n"),
                "DATA" => "354 go on\r\n".to_owned(),
                "QUIT" => "221 bye\r\n".to_owned(),
                _ => "250 ok\r\n".to_owned(),
            };
            in_data = word == "DATA";
            writer.write_all(answer.as_bytes()).await.unwrap();
        }
    }

    async fn sent(code: u16) -> (Try, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("smtp://ada:pass%20word@{}", listener.local_addr().unwrap());
        let settings = MailSettings {
            server: "$SMTP_URL".to_owned(),
            from: "flowrun <flowrun@example.com>".to_owned(),
            to: vec!["ops@example.com".to_owned(), "Grace <grace@example.com>".to_owned()],
        };
        let mail = Mail::new(&settings, &[("SMTP_URL".to_owned(), server)].into()).unwrap();
        let failed =
            moved("r1", "impört\r\nBcc: all@example.com", "schedule", State::Failed, Some("RateLimit"));
        let notice = Notice::of(&change(1_000_000, failed)).unwrap();
        let (told, clock) = (Arc::<Mutex<String>>::default(), Clock::simulated(1_000));
        let serving = tokio::spawn(serve(listener, code, told.clone()));
        let came = mail.send(&notice, 1, &clock).await;
        drop(mail);
        serving.await.unwrap();
        let told = told.lock().unwrap().clone();
        (came, told)
    }

    // The password is RFC 4616's form in Base64: `printf '\0ada\0pass word' | base64`. The subject is RFC 2047's.
    #[tokio::test]
    async fn a_notice_is_a_plain_mail() {
        let (came, told) = sent(250).await;
        assert_eq!(came, Try::Accepted);
        for line in [
            "AUTH PLAIN AGFkYQBwYXNzIHdvcmQ=",
            "RCPT TO:<ops@example.com>",
            "RCPT TO:<grace@example.com>",
            "From: flowrun <flowrun@example.com>",
            "Date: Thu, 01 Jan 1970 00:00:01 +0000",
            "Message-ID: <flowrun.1000.1@example.com>",
            "Auto-Submitted: auto-generated",
            "Content-Type: text/plain; charset=utf-8",
            "What happened: too many requests",
        ] {
            assert!(told.lines().any(|found| found == line), "no {line} in\n{told}");
        }
        assert!(told.contains("Subject: [flowrun] people: =?utf-8?b?"), "{told}");
        assert!(
            !told.lines().any(|line| line.starts_with("Bcc")),
            "nobody is written into the head:\n{told}"
        );
    }

    #[tokio::test]
    async fn a_server_that_is_busy_is_asked_again_and_one_that_refuses_is_not() {
        assert!(matches!(sent(451).await.0, Try::Again(why, None) if why.contains("451")));
        assert!(matches!(sent(550).await.0, Try::Never(why) if why.contains("550")));
    }
}
