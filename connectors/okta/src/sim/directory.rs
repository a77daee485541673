//! The users of the simulated org, and every external id it was ever sent.

use super::ids::number;
use super::profile::Profile;
use indexmap::IndexMap;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// A user's status, as Okta names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UserStatus {
    /// Created, never activated.
    Staged,
    /// Activated, without a password yet.
    Provisioned,
    /// In use.
    Active,
    /// Resetting the password.
    Recovery,
    /// Locked out after failed sign-ins.
    LockedOut,
    /// The password has expired.
    PasswordExpired,
    /// Suspended by an administrator.
    Suspended,
    /// Deactivated.
    Deprovisioned,
}

impl UserStatus {
    /// The status in Okta's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            UserStatus::Staged => "STAGED",
            UserStatus::Provisioned => "PROVISIONED",
            UserStatus::Active => "ACTIVE",
            UserStatus::Recovery => "RECOVERY",
            UserStatus::LockedOut => "LOCKED_OUT",
            UserStatus::PasswordExpired => "PASSWORD_EXPIRED",
            UserStatus::Suspended => "SUSPENDED",
            UserStatus::Deprovisioned => "DEPROVISIONED",
        }
    }
}

/// A user. Its number, from which its id is made, is its place in the directory.
pub struct User {
    /// By which external id an identity source knows the user, if one does.
    pub external: Option<External>,
    /// Whether the identity source owns the profile: as long as the user is assigned to it.
    pub sourced: bool,
    pub status: UserStatus,
    pub deleted: bool,
    pub created_ms: i64,
    pub activated_ms: Option<i64>,
    pub password_ms: Option<i64>,
    pub updated_ms: i64,
    pub changed_ms: i64,
    /// When the user last logged in, if somebody said so.
    pub login_ms: Option<i64>,
    pub profile: Profile,
    /// What else a client said of how the user is to prove who they are; few do.
    pub told: Option<Box<Told>>,
}

/// A recovery question, whose answer is not kept, and who authenticates a user: type and name.
#[derive(Debug, Default)]
pub struct Told {
    pub question: Option<String>,
    pub provider: Option<(String, Option<String>)>,
}

/// An external id, by the order in which they became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct External(pub u32);

/// What became of one imported entity.
pub enum Applied {
    /// A user was created.
    Created(u32),
    /// A user was updated, or activated again.
    Updated(u32),
    /// A user was deactivated.
    Deactivated(u32),
    /// There was nothing to do.
    Ignored,
    /// It can't be, for this reason; nothing of it was taken.
    Failed(Failure),
}

/// Why one imported entity was left out.
pub struct Failure {
    /// The user whom it would have changed.
    pub user: Option<u32>,
    pub reason: String,
}

/// What an upsert does to a user who is deactivated. Okta documents neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rehire {
    /// They are active again.
    #[default]
    Reactivates,
    /// They stay deactivated, and as they were.
    Keeps,
}

/// In the words of support.okta.com/help/s/article/users-not-updating-from-profile-source.
const TAKEN: &str = "the Okta Username is already in use by another Okta User profile";

#[derive(Default)]
pub struct Directory {
    externals: IndexMap<Box<str>, Option<u32>>,
    users: Vec<User>,
    deleted: usize,
    /// Users by the hash of their login in lower case: half a million logins need not be stored twice.
    logins: HashMap<u64, u32>,
    hasher: RandomState,
    version: u64,
}

impl Directory {
    /// The external id's place, made if it is new.
    pub fn external(&mut self, id: &str) -> External {
        let place = match self.externals.get_index_of(id) {
            Some(place) => place,
            None => self.externals.insert_full(id.into(), None).0,
        };
        External(place as u32)
    }

    /// The text of an external id.
    pub fn external_id(&self, external: External) -> &str {
        self.externals.get_index(external.0 as usize).map_or("", |(id, _)| id)
    }

    /// The number of the user with an external id.
    pub fn user_of(&self, external: External) -> Option<u32> {
        self.externals.get_index(external.0 as usize).and_then(|(_, user)| *user)
    }

    /// The number of the user with an external id, given as text.
    pub fn find_external(&self, id: &str) -> Option<u32> {
        self.externals.get(id).copied().flatten()
    }

    /// The number of the user with a login, whatever its case.
    pub fn find_login(&self, login: &str) -> Option<u32> {
        let login = login.to_lowercase();
        let number = *self.logins.get(&self.hasher.hash_one(&login))?;
        let found = self.get(number)?.profile.get("userName")?.to_lowercase();
        (found == login).then_some(number)
    }

    /// The number of the user with this id or login.
    pub fn find(&self, id_or_login: &str) -> Option<u32> {
        let by_id = number("00u", id_or_login).filter(|&number| self.get(number).is_some());
        by_id.or_else(|| self.find_login(id_or_login))
    }

    /// A user by number.
    pub fn get(&self, number: u32) -> Option<&User> {
        self.once(number).filter(|user| !user.deleted)
    }

    /// A user by number, a deleted one too.
    pub fn once(&self, number: u32) -> Option<&User> {
        self.users.get(number as usize)
    }

    /// All users in the order of their numbers, from one on.
    pub fn users(&self, from: u32) -> impl Iterator<Item = (u32, &User)> {
        let places = (from..).zip(self.users.get(from as usize..).unwrap_or_default());
        places.filter(|(_, user)| !user.deleted)
    }

    /// How many users there are, deactivated ones too.
    pub fn len(&self) -> usize {
        self.users.len() - self.deleted
    }

    /// A number that changes whenever the directory does.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Creates or updates the user of an external id, as an import does.
    pub fn upsert(&mut self, external: External, profile: &Profile, rehire: Rehire, now_ms: i64) -> Applied {
        let known = self.user_of(external);
        let holder = profile.get("userName").and_then(|login| self.find_login(login));
        if let (Some(number), Rehire::Keeps) = (known, rehire)
            && self.users[number as usize].status == UserStatus::Deprovisioned
        {
            return Applied::Ignored;
        }
        let number = match (known, holder) {
            (Some(number), Some(other)) if other != number => {
                return Applied::Failed(Failure { user: known, reason: TAKEN.to_owned() });
            }
            (Some(number), _) => number,
            // A user whom nobody sources is matched by the name, and confirmed automatically.
            (None, Some(other)) if self.is_free(other) => other,
            (None, Some(_)) => return Applied::Failed(Failure { user: None, reason: TAKEN.to_owned() }),
            (None, None) => return self.import(external, profile, now_ms),
        };
        let newer = self.users[number as usize].profile.updated_by(profile);
        if let Some(reason) = newer.lack() {
            return Applied::Failed(Failure { user: Some(number), reason });
        }
        self.apply(external, number, newer, now_ms);
        Applied::Updated(number)
    }

    /// Whether a user may become an identity source's: nobody's yet, and not deactivated.
    fn is_free(&self, number: u32) -> bool {
        self.get(number)
            .is_some_and(|user| user.external.is_none() && user.status != UserStatus::Deprovisioned)
    }

    /// A user who is new to everybody.
    fn import(&mut self, external: External, profile: &Profile, now_ms: i64) -> Applied {
        match profile.lack() {
            Some(reason) => Applied::Failed(Failure { user: None, reason }),
            None => Applied::Created(self.add(external, profile.clone(), now_ms)),
        }
    }

    fn add(&mut self, external: External, profile: Profile, now_ms: i64) -> u32 {
        let key = self.hasher.hash_one(profile.get("userName").unwrap_or_default().to_lowercase());
        let number = self.push(Some(external), profile, UserStatus::Active, now_ms);
        self.logins.insert(key, number);
        number
    }

    /// Gives a user to the identity source, with a profile, and in use.
    fn apply(&mut self, external: External, number: u32, profile: Profile, now_ms: i64) {
        self.set_profile(number, profile, now_ms);
        let user = &mut self.users[number as usize];
        user.external.get_or_insert(external);
        user.sourced = true;
        if user.status == UserStatus::Deprovisioned {
            user.status = UserStatus::Active;
            user.changed_ms = now_ms;
        }
        self.link(external, number);
    }

    /// Deactivates the user of an external id, if there is one.
    pub fn deactivate(&mut self, external: External, now_ms: i64) -> Applied {
        let Some(number) = self.user_of(external) else { return Applied::Ignored };
        if self.users[number as usize].status == UserStatus::Deprovisioned {
            return Applied::Ignored;
        }
        self.set_status(number, UserStatus::Deprovisioned, now_ms);
        Applied::Deactivated(number)
    }

    /// Adds a user who was there before.
    pub fn seed(&mut self, external_id: &str, profile: Profile, status: UserStatus, now_ms: i64) {
        let external = self.external(external_id);
        // A test may have people whom no import would take.
        let number = match self.user_of(external) {
            None => self.add(external, profile, now_ms),
            Some(number) => {
                let newer = self.users[number as usize].profile.updated_by(&profile);
                self.apply(external, number, newer, now_ms);
                number
            }
        };
        let user = &mut self.users[number as usize];
        user.status = status;
        user.sourced = status != UserStatus::Deprovisioned;
        user.activated_ms = user.activated_ms.filter(|_| status != UserStatus::Staged);
    }

    /// Creates a user whom no identity source knows; the login must be free.
    pub fn create(&mut self, profile: Profile, status: UserStatus, password: bool, now_ms: i64) -> u32 {
        let key = self.hasher.hash_one(profile.get("userName").unwrap_or_default().to_lowercase());
        let number = self.push(None, profile, status, now_ms);
        self.logins.insert(key, number);
        self.users[number as usize].password_ms = password.then_some(now_ms);
        number
    }

    /// Gives a user another profile.
    pub fn set_profile(&mut self, number: u32, profile: Profile, now_ms: i64) {
        let user = &mut self.users[number as usize];
        let before = user.profile.get("userName").unwrap_or_default().to_lowercase();
        user.profile = profile;
        user.updated_ms = now_ms;
        let after = user.profile.get("userName").unwrap_or_default().to_lowercase();
        if before != after {
            self.logins.remove(&self.hasher.hash_one(&before));
            self.logins.insert(self.hasher.hash_one(&after), number);
        }
        self.version += 1;
    }

    /// Gives a user another status.
    pub fn set_status(&mut self, number: u32, status: UserStatus, now_ms: i64) {
        let user = &mut self.users[number as usize];
        if status == UserStatus::Active || status == UserStatus::Provisioned {
            user.activated_ms.get_or_insert(now_ms);
        }
        // With the assignments goes the one to the identity source.
        user.sourced &= status != UserStatus::Deprovisioned;
        (user.status, user.changed_ms, user.updated_ms) = (status, now_ms, now_ms);
        self.version += 1;
    }

    /// Says when a user last logged in.
    pub fn log_in(&mut self, number: u32, at_ms: i64) {
        self.users[number as usize].login_ms = Some(at_ms);
        self.version += 1;
    }

    /// Gives a user another password.
    pub fn set_password(&mut self, number: u32, now_ms: i64) {
        self.users[number as usize].password_ms = Some(now_ms);
    }

    /// Notes what a client said of how the user is to prove who they are.
    pub fn set_told(&mut self, number: u32, told: Option<Told>) {
        self.users[number as usize].told = told.map(Box::new);
    }

    /// Deletes a user for good: the login is free again, and no identity source knows the user.
    pub fn delete(&mut self, number: u32) {
        let user = &mut self.users[number as usize];
        user.deleted = true;
        self.deleted += 1;
        let login = user.profile.get("userName").unwrap_or_default().to_lowercase();
        self.logins.remove(&self.hasher.hash_one(login));
        for known in self.externals.values_mut().filter(|known| **known == Some(number)) {
            *known = None;
        }
        self.version += 1;
    }

    fn push(&mut self, external: Option<External>, profile: Profile, status: UserStatus, now_ms: i64) -> u32 {
        let number = self.users.len() as u32;
        self.users.push(User {
            external,
            sourced: external.is_some(),
            status,
            deleted: false,
            created_ms: now_ms,
            activated_ms: (status != UserStatus::Staged).then_some(now_ms),
            password_ms: None,
            updated_ms: now_ms,
            changed_ms: now_ms,
            login_ms: None,
            profile,
            told: None,
        });
        self.version += 1;
        if let Some(external) = external {
            self.link(external, number);
        }
        number
    }

    fn link(&mut self, external: External, number: u32) {
        self.version += 1;
        if let Some((_, user)) = self.externals.get_index_mut(external.0 as usize) {
            *user = Some(number);
        }
    }
}
