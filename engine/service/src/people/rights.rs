//! Who may do what: rights, the roles that bring them, and where they hold.

use serde::{Deserialize, Serialize};

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// See flows, what starts them, and that they ran: not with which values.
    SeeFlows,
    /// Start a flow.
    Run,
    /// Cancel runs, hold them, have them go on, rerun them, answer their pauses, say what became of what is unsettled.
    SteerRuns,
    /// Turn flows on and off, fire their schedules, have events delivered again.
    SwitchFlows,
    /// Change flows.
    EditFlows,
    /// See which tables there are: not their rows.
    SeeTables,
    /// Change and clear the rows of tables.
    EditTables,
    /// See connections and their state; never a secret.
    SeeConnections,
    /// Test connections and change them.
    ManageConnections,
    /// See who did what.
    SeeActivity,
    /// Take away the values of runs before their time.
    ClearHistory,
    /// Give and take tokens, and end the sessions of others.
    ManagePeople,
    /// Reload, back up, change what the service is set to.
    ManageService,
    /// Make connectors.
    BuildConnectors,
    /// Make integrations of flows.
    BuildIntegrations,
    /// See the values in runs and rows, which are full of personal data. No role brings it.
    SeeData,
}

impl Right {
    /// All rights.
    pub const ALL: [Right; 16] = [
        Right::SeeFlows,
        Right::Run,
        Right::SteerRuns,
        Right::SwitchFlows,
        Right::EditFlows,
        Right::SeeTables,
        Right::EditTables,
        Right::SeeConnections,
        Right::ManageConnections,
        Right::SeeActivity,
        Right::ClearHistory,
        Right::ManagePeople,
        Right::ManageService,
        Right::BuildConnectors,
        Right::BuildIntegrations,
        Right::SeeData,
    ];

    /// What whoever has it may do, as it stands in a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Right::SeeFlows => "see flows",
            Right::Run => "run flows",
            Right::SteerRuns => "steer runs",
            Right::SwitchFlows => "turn flows on and off",
            Right::EditFlows => "change flows",
            Right::SeeTables => "see tables",
            Right::EditTables => "change tables",
            Right::SeeConnections => "see connections",
            Right::ManageConnections => "change connections",
            Right::SeeActivity => "see who did what",
            Right::ClearHistory => "clear the history of runs",
            Right::ManagePeople => "give tokens and end sessions",
            Right::ManageService => "change the service",
            Right::BuildConnectors => "build connectors",
            Right::BuildIntegrations => "build integrations",
            Right::SeeData => "see data",
        }
    }

    /// Whether it holds for the whole service or not at all.
    fn is_whole(self) -> bool {
        matches!(
            self,
            Right::SeeConnections
                | Right::ManageConnections
                | Right::SeeActivity
                | Right::ManagePeople
                | Right::ManageService
                | Right::BuildConnectors
        )
    }
}

/// A role, by the name that it has in Okta Workflows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Everything but seeing data.
    #[serde(rename = "Super Administrator")]
    SuperAdministrator,
    /// Everything in the service, but not the service itself.
    #[serde(rename = "Workflows Administrator")]
    WorkflowsAdministrator,
    /// Sees everything and changes nothing.
    #[serde(rename = "Workflows Auditor", alias = "Auditor")]
    WorkflowsAuditor,
    /// Sees and changes connections.
    #[serde(rename = "Connection Manager")]
    ConnectionManager,
    /// Makes connectors.
    #[serde(rename = "Connector Builder")]
    ConnectorBuilder,
    /// Of a folder: everything in it.
    #[serde(rename = "Folder Manager", alias = "Flow Manager")]
    FolderManager,
    /// Of a folder: changes and runs its flows.
    #[serde(rename = "Folder Editor", alias = "Flow Editor")]
    FolderEditor,
    /// Of a folder: runs its flows.
    #[serde(rename = "Folder Runner", alias = "Flow Runner")]
    FolderRunner,
    /// Of a folder: sees its flows.
    #[serde(rename = "Folder Reader", alias = "Flow Reader")]
    FolderReader,
    /// Of a folder: makes integrations of its flows.
    #[serde(rename = "Integration Builder")]
    IntegrationBuilder,
}

/// What roles bring: the one place that says it.
const BRINGS: &[(Role, &[Right])] = {
    use Right::*;
    &[
        (
            Role::SuperAdministrator,
            &[
                SeeFlows,
                Run,
                SteerRuns,
                SwitchFlows,
                EditFlows,
                SeeTables,
                EditTables,
                SeeConnections,
                ManageConnections,
                SeeActivity,
                ClearHistory,
                ManagePeople,
                ManageService,
                BuildConnectors,
                BuildIntegrations,
            ],
        ),
        (
            Role::WorkflowsAdministrator,
            &[
                SeeFlows,
                Run,
                SteerRuns,
                SwitchFlows,
                EditFlows,
                SeeTables,
                EditTables,
                SeeConnections,
                ManageConnections,
                SeeActivity,
                ClearHistory,
                ManagePeople,
                BuildConnectors,
                BuildIntegrations,
            ],
        ),
        (Role::WorkflowsAuditor, &[SeeFlows, SeeTables, SeeConnections, SeeActivity]),
        (Role::ConnectionManager, &[SeeConnections, ManageConnections]),
        (Role::ConnectorBuilder, &[SeeConnections, BuildConnectors]),
        (
            Role::FolderManager,
            &[
                SeeFlows,
                Run,
                SteerRuns,
                SwitchFlows,
                EditFlows,
                SeeTables,
                EditTables,
                ClearHistory,
                BuildIntegrations,
            ],
        ),
        (Role::FolderEditor, &[SeeFlows, Run, SteerRuns, SwitchFlows, EditFlows, SeeTables, EditTables]),
        (Role::FolderRunner, &[SeeFlows, Run]),
        (Role::FolderReader, &[SeeFlows, SeeTables]),
        (Role::IntegrationBuilder, &[SeeFlows, Run, EditFlows, BuildIntegrations]),
    ]
};

impl Role {
    /// The rights that it brings.
    pub fn rights(self) -> &'static [Right] {
        BRINGS.iter().find(|(role, _)| *role == self).map_or(&[], |(_, rights)| rights)
    }

    /// Whether it is one of a folder.
    pub fn is_of_a_folder(self) -> bool {
        matches!(
            self,
            Role::FolderManager
                | Role::FolderEditor
                | Role::FolderRunner
                | Role::FolderReader
                | Role::IntegrationBuilder
        )
    }
}

/// Where something is to be done. Paths begin with the project's name: `hr/onboarding/welcome`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// In the service as a whole.
    Service,
    /// In a folder, and so in all below it.
    Folder(&'a str),
    /// With one flow.
    Flow(&'a str),
}

/// Where rights hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Within {
    /// Everywhere.
    Everywhere,
    /// In a folder and all below it.
    Folder(String),
    /// For one flow.
    Flow(String),
}

impl Within {
    fn covers(&self, place: Place<'_>) -> bool {
        let below = |folder: &str, path: &str| {
            path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')) && is_plain(path)
        };
        match (self, place) {
            (Within::Everywhere, _) => true,
            (Within::Folder(folder), Place::Folder(path)) => folder == path || below(folder, path),
            (Within::Folder(folder), Place::Flow(path)) => below(folder, path),
            (Within::Flow(flow), Place::Flow(path)) => flow == path,
            (Within::Folder(_) | Within::Flow(_), _) => false,
        }
    }
}

/// Whether a path names what it seems to name: one with `..` in it may lie elsewhere.
pub(crate) fn is_plain(path: &str) -> bool {
    path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Rights, and where they hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The rights.
    pub rights: Vec<Right>,
    /// Where.
    pub within: Within,
}

/// All that somebody may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing(pub Vec<Grant>);

impl Standing {
    /// Everything: what whoever starts the service may do.
    pub fn everything() -> Standing {
        Standing(vec![Grant { rights: Right::ALL.to_vec(), within: Within::Everywhere }])
    }

    /// Whether it includes a right at a place.
    pub fn includes(&self, right: Right, place: Place<'_>) -> bool {
        let place = if right.is_whole() { Place::Service } else { place };
        self.0.iter().any(|grant| grant.rights.contains(&right) && grant.within.covers(place))
    }

    /// Whether it includes all that another one does.
    pub fn includes_all(&self, other: &Standing) -> bool {
        other.0.iter().all(|grant| {
            let place = match &grant.within {
                Within::Everywhere => Place::Service,
                Within::Folder(path) => Place::Folder(path),
                Within::Flow(path) => Place::Flow(path),
            };
            grant.rights.iter().all(|right| self.includes(*right, place))
        })
    }

    /// Whether it includes a right anywhere: what decides whether a list is shown at all.
    pub fn includes_somewhere(&self, right: Right) -> bool {
        self.0.iter().any(|grant| grant.rights.contains(&right))
    }

    /// Whether it includes any right in a project or in something of it.
    pub fn reaches(&self, project: &str) -> bool {
        let within = |within: &Within| match within {
            Within::Everywhere => true,
            Within::Folder(path) | Within::Flow(path) => path.split('/').next() == Some(project),
        };
        self.0.iter().any(|grant| !grant.rights.is_empty() && within(&grant.within))
    }

    /// Whether it includes nothing.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|grant| grant.rights.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(role: Role, within: Within) -> Standing {
        Standing(vec![Grant { rights: role.rights().to_vec(), within }])
    }

    #[test]
    fn no_role_sees_data_and_each_is_in_the_table_once() {
        for (role, rights) in BRINGS {
            assert!(!rights.contains(&Right::SeeData), "{role:?}");
            assert_eq!(BRINGS.iter().filter(|(other, _)| other == role).count(), 1, "{role:?}");
            // A right that holds for the whole service only would be nothing in a folder.
            assert!(!role.is_of_a_folder() || rights.iter().all(|right| !right.is_whole()), "{role:?}");
        }
        assert_eq!(Right::ALL.len(), Role::SuperAdministrator.rights().len() + 1);
    }

    #[test]
    fn rights_hold_where_they_were_given() {
        let hr = || within(Role::FolderEditor, Within::Folder("hr/joiners".into()));
        let one =
            || Standing(vec![Grant { rights: vec![Right::Run], within: Within::Flow("hr/leavers".into()) }]);
        let table = [
            (hr(), Right::EditFlows, Place::Flow("hr/joiners/welcome"), true),
            (hr(), Right::EditFlows, Place::Flow("hr/joiners/deep/welcome"), true),
            (hr(), Right::EditFlows, Place::Folder("hr/joiners"), true),
            (hr(), Right::EditFlows, Place::Folder("hr"), false),
            (hr(), Right::EditFlows, Place::Service, false),
            (hr(), Right::EditFlows, Place::Flow("hr/joiners2/welcome"), false),
            (hr(), Right::EditFlows, Place::Flow("hr/joiners"), false),
            (hr(), Right::EditFlows, Place::Flow("hr/joiners/../leavers"), false),
            (hr(), Right::EditFlows, Place::Flow("hr/joiners//leavers"), false),
            (hr(), Right::EditFlows, Place::Folder("hr/joiners/.."), false),
            (hr(), Right::EditFlows, Place::Flow("HR/joiners/welcome"), false),
            (hr(), Right::SeeData, Place::Flow("hr/joiners/welcome"), false),
            (hr(), Right::SeeConnections, Place::Flow("hr/joiners/welcome"), false),
            (one(), Right::Run, Place::Flow("hr/leavers"), true),
            (one(), Right::Run, Place::Flow("hr/leavers/x"), false),
            (one(), Right::Run, Place::Folder("hr/leavers"), false),
            (one(), Right::SeeFlows, Place::Flow("hr/leavers"), false),
            (Standing::everything(), Right::SeeData, Place::Flow("hr/leavers"), true),
            (within(Role::WorkflowsAuditor, Within::Everywhere), Right::SeeFlows, Place::Service, true),
            (within(Role::WorkflowsAuditor, Within::Everywhere), Right::Run, Place::Flow("a/b"), false),
            (
                within(Role::WorkflowsAdministrator, Within::Everywhere),
                Right::ManageService,
                Place::Service,
                false,
            ),
            (Standing::default(), Right::SeeFlows, Place::Flow("a/b"), false),
        ];
        for (standing, right, place, may) in table {
            assert_eq!(standing.includes(right, place), may, "{standing:?} {right:?} {place:?}");
        }
    }

    #[test]
    fn nobody_gives_more_than_they_have() {
        let hr = within(Role::FolderEditor, Within::Folder("hr".into()));
        assert!(hr.includes_all(&within(Role::FolderReader, Within::Folder("hr/joiners".into()))));
        assert!(!hr.includes_all(&within(Role::FolderReader, Within::Folder("it".into()))));
        assert!(!hr.includes_all(&within(Role::FolderReader, Within::Everywhere)));
        assert!(!hr.includes_all(&within(Role::FolderManager, Within::Folder("hr".into()))));
        assert!(Standing::everything().includes_all(&hr));
    }
}
