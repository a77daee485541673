//! Client tokens: who knows one may call a flow, go on with its runs, run them again, and read what it takes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowrun_core::stored::{Seal, decode, encode};
use flowrun_core::value::{Secret, Value};
use flowrun_host::session::durable::home::{Home, problem};
use flowrun_project::Problem;
use flowrun_store::{Batch, Note, NoteChange, Notes};

use crate::names::{chance, hex};
use crate::people::secrets::are_same;

/// Notes of client tokens: under the flow's path and the token's own ID, the token sealed with the store's key.
pub const SPACE: &str = "client token";

/// A token.
#[derive(Clone, Debug)]
pub struct Token {
    /// Names it to people.
    pub id: String,
    /// When it was made, in microseconds since 1970.
    pub made_us: i64,
    /// The token itself: 64 hexadecimal digits, as Okta's.
    pub secret: String,
}

/// The tokens of a project, as they are known to this process.
#[derive(Debug, Default)]
pub struct Tokens(Mutex<BTreeMap<String, Arc<[Token]>>>);

impl Tokens {
    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Arc<[Token]>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tokens of a flow, the oldest first.
    pub fn of(&self, home: &Home, flow: &str) -> Result<Arc<[Token]>, Problem> {
        if let Some(tokens) = self.known().get(flow) {
            return Ok(tokens.clone());
        }
        let tokens: Arc<[Token]> = read(home, flow)?.into();
        // The first one may be on its way to the disk.
        if !tokens.is_empty() {
            self.known().insert(flow.to_owned(), tokens.clone());
        }
        Ok(tokens)
    }

    /// The same after somebody has changed them.
    pub fn forget(&self, flow: &str) {
        self.known().remove(flow);
    }
}

/// Whether a token is one of these. How long it takes depends on how many there are and on nothing else.
pub fn holds(tokens: &[Token], given: &str) -> bool {
    tokens.iter().fold(false, |found, token| are_same(&token.secret, given) | found)
}

/// The tokens of a flow, the oldest first.
pub fn read(home: &Home, flow: &str) -> Result<Vec<Token>, Problem> {
    let asked = Notes { prefix: Arc::from(format!("{flow} ")), ..Notes::of(SPACE) };
    let notes = home.store.notes(&asked).map_err(|error| problem(&error))?;
    let mut tokens: Vec<Token> = notes.iter().filter_map(|note| token(home, flow, note)).collect();
    tokens.sort_by(|one, other| (one.made_us, &one.id).cmp(&(other.made_us, &other.id)));
    Ok(tokens)
}

/// What can't be opened with the store's key lets nobody in.
fn token(home: &Home, flow: &str, note: &Note) -> Option<Token> {
    // A flow's path may begin as another one's and a space.
    let id = note.key.strip_prefix(flow)?.strip_prefix(' ').filter(|id| !id.contains(' '))?;
    let Ok(Value::Secret(secret)) = decode::<Value>(&note.body, &home.sealing) else { return None };
    Some(Token { id: id.to_owned(), made_us: note.at_us, secret: secret.expose().to_owned() })
}

/// A new token of a flow beside those that it has; it counts once this returns.
pub async fn make(home: &Home, flow: &str, now_us: i64) -> Result<Token, Problem> {
    let (token, note) = fresh(home, flow, now_us)?;
    let ticket = home.store.append(Batch::default().note(NoteChange::New(note)));
    home.store.durable(ticket).await.map_err(|error| problem(&error))?;
    Ok(token)
}

/// The first token of a flow, made while nobody waits for it.
pub fn make_first(home: &Home, flow: &str, now_us: i64) -> Result<(), Problem> {
    if read(home, flow)?.is_empty() {
        let (_, note) = fresh(home, flow, now_us)?;
        home.store.append(Batch::default().note(NoteChange::New(note)));
    }
    Ok(())
}

fn fresh(home: &Home, flow: &str, now_us: i64) -> Result<(Token, Note), Problem> {
    let token = Token { id: hex(&chance::<4>()), made_us: now_us, secret: hex(&chance::<32>()) };
    if home.sealing.seal(&token.secret).is_empty() {
        return Err(Problem::new("the store has no key, so that no client token can be kept"));
    }
    let note = Note {
        space: Arc::from(SPACE),
        key: Arc::from(format!("{flow} {}", token.id)),
        at_us: now_us,
        due_us: None,
        body: encode(&Value::Secret(Secret::new(token.secret.as_str())), &home.sealing),
    };
    Ok((token, note))
}

/// Takes a token away; tells whether there was one of this ID. Nobody comes in with it once this returns.
pub async fn revoke(home: &Home, flow: &str, id: &str) -> Result<bool, Problem> {
    let (space, key) = (Arc::from(SPACE), Arc::from(format!("{flow} {id}")));
    let was = home.store.note(SPACE, &key).map_err(|error| problem(&error))?.is_some();
    let ticket = home.store.append(Batch::default().note(NoteChange::Remove { space, key }));
    home.store.durable(ticket).await.map_err(|error| problem(&error))?;
    Ok(was)
}
