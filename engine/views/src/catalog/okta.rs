//! Okta's own catalogue, as far as its manual and published flows name its cards, and what is here of it.

/// A card that Okta has.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// Its name in Okta's console.
    pub name: &'static str,
    /// What is here of it.
    pub here: Here,
}

/// What is here of a card that Okta has.
#[derive(Clone, Copy, Debug)]
pub enum Here {
    /// The card with this ID.
    Card(&'static str),
    /// The card with this ID, which differs in what the text says.
    Differs(&'static str, &'static str),
    /// No card, but a part of the language: which.
    Language(&'static str),
    /// Nothing yet, for this reason.
    Missing(&'static str),
}

const fn card(name: &'static str, id: &'static str) -> Named {
    Named { name, here: Here::Card(id) }
}

const fn differs(name: &'static str, id: &'static str, how: &'static str) -> Named {
    Named { name, here: Here::Differs(id, how) }
}

const fn language(name: &'static str, part: &'static str) -> Named {
    Named { name, here: Here::Language(part) }
}

const fn missing(name: &'static str, why: &'static str) -> Named {
    Named { name, here: Here::Missing(why) }
}

/// Okta's categories and the cards in them.
pub const CATALOGUE: &[(&str, &[Named])] = &[
    (
        "Branching",
        &[
            card("Continue If", "branching.continue_if"),
            card("If/Else", "branching.if_else"),
            card("If/ElseIf", "branching.if_elseif"),
        ],
    ),
    (
        "Error Handling",
        &[
            card("If Error", "error_handling.if_error"),
            card("Return Error", "error_handling.return_error"),
            card("Return Error If", "error_handling.return_error_if"),
        ],
    ),
    (
        "Flow Control",
        &[
            card("Assign", "flow_control.assign"),
            card("Assign If", "flow_control.assign_if"),
            card("Call Flow", "flow_control.call_flow"),
            card("Call Flow Async", "flow_control.call_flow_async"),
            card("Comment", "flow_control.comment"),
            card("Lookup", "flow_control.lookup"),
            card("Repeat", "flow_control.repeat"),
            card("Return", "flow_control.return"),
            card("Return Raw", "flow_control.return_raw"),
            card("Wait For", "flow_control.wait_for"),
            card("Wait Until", "flow_control.wait_until"),
            language("Helper Flow", "`trigger: helper`, or no trigger at all"),
            language(
                "Scheduled Flow",
                "`trigger: { schedule: … }`; checked, but nothing starts it by the clock yet",
            ),
            language("Delegated Flow", "a flow that a person starts: `flowrun FILE`"),
            missing("Pause", "nothing can resume a run yet"),
            missing("Pause Raw", "nothing can resume a run yet"),
        ],
    ),
    (
        "Text",
        &[
            card("At", "text.at"),
            card("Base64", "text.base64"),
            card("Base64 Decode", "text.base64_decode"),
            differs(
                "Compose",
                "text.compose",
                "a template of Jinja's kind, with names where Okta drops fields in",
            ),
            card("Concatenate", "text.concatenate"),
            card("Find", "text.find"),
            card("Find Email", "text.find_email"),
            card("Find Last", "text.find_last"),
            differs("Find Pattern", "text.find_pattern", "without look-around and back-references"),
            card("Length", "text.length"),
            differs("Random", "text.random", "drawn from the run's ID, so that a replay draws the same"),
            card("Replace", "text.replace"),
            card("Replace Patterns", "text.replace_patterns"),
            card("Split", "text.split"),
            card("Text Segment", "text.text_segment"),
            card("To Lower Case", "text.to_lower_case"),
            card("To Upper Case", "text.to_upper_case"),
            card("Trim", "text.trim"),
            differs(
                "Unique ID",
                "text.unique_id",
                "drawn from the run's ID, so that a replay draws the same",
            ),
        ],
    ),
    (
        "Number",
        &[
            card("Absolute Value", "number.absolute_value"),
            differs("Add", "number.add", "`a` must be given"),
            differs("Divide", "number.divide", "division by zero is an error"),
            card("Exponent", "number.exponent"),
            card("Factorial", "number.factorial"),
            card("Formula", "number.formula"),
            card("Increment", "number.increment"),
            card("Larger", "number.larger"),
            card("Log", "number.log"),
            card("Multiply", "number.multiply"),
            card("Percentage", "number.percentage"),
            card("Power", "number.power"),
            differs(
                "Random Integer",
                "number.random_integer",
                "drawn from the run's ID, so that a replay draws the same",
            ),
            card("Remainder", "number.remainder"),
            card("Round", "number.round"),
            card("Round Down", "number.round_down"),
            card("Round Up", "number.round_up"),
            card("Sign", "number.sign"),
            card("Smaller", "number.smaller"),
            card("Square Root", "number.square_root"),
            card("Subtract", "number.subtract"),
        ],
    ),
    (
        "True/False",
        &[
            card("And", "true_false.and"),
            card("Compare", "true_false.compare"),
            card("Expression", "true_false.expression"),
            card("Not", "true_false.not"),
            card("Or", "true_false.or"),
            card("Or (Exclusive)", "true_false.or_exclusive"),
            card("XNOR", "true_false.xnor"),
        ],
    ),
    (
        "Date & Time",
        &[
            card("Add", "date_time.add"),
            card("Convert", "date_time.convert"),
            differs("Date to Text", "date_time.date_to_text", "`d` counts from 0, Sunday"),
            card("Difference", "date_time.difference"),
            card("EPOCH", "date_time.epoch"),
            card("ISO", "date_time.iso"),
            card("Now", "date_time.now"),
            card("Subtract", "date_time.subtract"),
            card("Text to Date", "date_time.text_to_date"),
            card("UNIX", "date_time.unix"),
        ],
    ),
    (
        "Object",
        &[
            card("Clear Empty", "object.clear_empty"),
            card("Collapse", "list.collapse"),
            card("Construct", "object.construct"),
            card("Filter", "object.filter"),
            card("Get", "object.get"),
            card("Get Multiple", "object.get_multiple"),
            card("Keys", "object.keys"),
            card("Map", "object.map"),
            card("Map to List", "object.map_to_list"),
            card("Merge", "object.merge"),
            card("Move", "object.move"),
            card("Set", "object.set"),
            card("Size", "object.size"),
            card("Split", "object.split"),
            card("Unset", "object.unset"),
            card("Unzip", "object.unzip"),
            card("Values", "object.values"),
            card("Zip", "object.zip"),
        ],
    ),
    (
        "File",
        &[
            card("Download", "file.download"),
            card("Info", "file.info"),
            card("Upload", "file.upload"),
            differs(
                "Multipart Upload",
                "file.multipart_upload",
                "what Use Custom File Parameters does is not documented: `file_parameter` names the file's part",
            ),
        ],
    ),
    (
        "List",
        &[
            card("Add to End", "list.add_to_end"),
            card("Add to Front", "list.add_to_front"),
            card("At", "list.at"),
            card("Combine All", "list.combine_all"),
            card("Construct", "list.construct"),
            card("Difference", "list.difference"),
            card("Filter", "list.filter"),
            card("Filter Custom", "list.filter_custom"),
            card("Find", "list.find"),
            card("Find Custom", "list.find_custom"),
            card("Flatten", "list.flatten"),
            card("For Each", "list.for_each"),
            differs(
                "For Each - Ignore Errors",
                "list.for_each_ignore_errors",
                "an output `failed` counts the errors",
            ),
            card("Get First Item", "list.get_first_item"),
            card("Get Last Item", "list.get_last_item"),
            card("Group By", "list.group_by"),
            card("Includes", "list.includes"),
            card("Index By", "list.index_by"),
            card("Intersection", "list.intersection"),
            card("Length", "list.length"),
            card("List to Text", "list.list_to_text"),
            differs(
                "Map",
                "list.map",
                "what an item becomes depends on the helper's outputs, not on a type of the list",
            ),
            card("Pluck", "list.pluck"),
            card("Reduce", "list.reduce"),
            card("Remove Duplicates", "list.remove_duplicates"),
            differs("Sample", "list.sample", "drawn from the run's ID, so that a replay draws the same"),
            card("Sort", "list.sort"),
            card("Sort Custom", "list.sort_custom"),
            card("Union (Combine Unique)", "list.union"),
        ],
    ),
    ("Flows", &[differs("Export Flow", "flows.export_flow", "YAML in place of JSON")]),
    (
        "Folders",
        &[differs("Export Folder", "folders.export_folder", "a tar archive of YAML in place of JSON")],
    ),
    (
        "Tables",
        &[
            card("Clear Table", "tables.clear_table"),
            card("Create Row", "tables.create_row"),
            card("Delete Row", "tables.delete_row"),
            card("Export to CSV", "tables.export_to_csv"),
            card("Import from CSV", "tables.import_from_csv"),
            card("Read Row", "tables.read_row"),
            card("Read Table", "tables.read_table"),
            differs("Search Rows", "tables.search_rows", "`=` is exact; it streams, and counts what matches"),
            card("Update Row", "tables.update_row"),
        ],
    ),
    (
        "API Connector",
        &[
            language("API Endpoint", "`trigger: api_endpoint`; checked, but nothing serves it yet"),
            differs("Close", "api_connector.close", "checks the answer; nobody calls flows yet"),
            card("Delete", "api_connector.delete"),
            card("Get", "api_connector.get"),
            differs(
                "Paginate",
                "flow_control.paginate",
                "its fields are those of Okta's page; no export that has it is known, so that it is not read from one",
            ),
            card("Patch", "api_connector.patch"),
            card("Post", "api_connector.post"),
            card("Put", "api_connector.put"),
            card("Raw Request", "api_connector.raw"),
        ],
    ),
    ("JSON", &[card("Parse", "json.parse"), card("Stringify", "json.stringify")]),
    (
        "XML",
        &[
            differs("Parse", "xml.parse", "Okta's fields are not documented: ours are our own"),
            differs("Build", "xml.build", "Okta's fields are not documented: ours are our own"),
        ],
    ),
    (
        "URL",
        &[
            card("Decode Component", "url.decode_component"),
            card("Decode Query", "url.decode_query"),
            card("Encode Component", "url.encode_component"),
            card("Encode Query", "url.encode_query"),
            card("Parse", "url.parse"),
        ],
    ),
    (
        "Encryption",
        &[
            differs("Encrypt", "encryption.encrypt", "Okta's fields are not documented: ours are our own"),
            differs("Decrypt", "encryption.decrypt", "Okta's fields are not documented: ours are our own"),
            differs("Hash", "encryption.hash", "Okta's fields are not documented: ours are our own"),
            differs("HMAC", "encryption.hmac", "MD5, SHA-1 and SHA-2 only; the key is a secret"),
            differs("Sign", "encryption.sign", "not by MD5 or SHA-1, nor with a key that has a passphrase"),
        ],
    ),
    (
        "JWT",
        &[
            differs("Decode", "jwt.decode", "Okta's fields are not documented: ours are our own"),
            card("Sign", "jwt.sign"),
            card("Verify", "jwt.verify"),
        ],
    ),
    (
        "Okta: actions",
        &[
            card("Activate Application", "okta.activate_application"),
            card("Activate Group Rule", "okta.activate_group_rule"),
            card("Activate User", "okta.activate_user"),
            card("Add User to Group", "okta.add_user_to_group"),
            card("Assign Group to Application", "okta.assign_group_to_application"),
            card("Assign User to Application for SSO", "okta.assign_user_to_application_for_sso"),
            card(
                "Assign User to Application for SSO and Provisioning",
                "okta.assign_user_to_application_for_sso_and_provisioning",
            ),
            card("Bulk User Import", "okta.bulk_user_import"),
            card("Clear User Sessions", "okta.clear_user_sessions"),
            card("Create Group", "okta.create_group"),
            card("Create Group Rule", "okta.create_group_rule"),
            card("Create Import Session", "okta.create_import_session"),
            card("Create User", "okta.create_user"),
            differs(
                "Custom API Action",
                "okta.custom_api_action",
                "relative paths, and addresses of the org itself",
            ),
            card("Deactivate Application", "okta.deactivate_application"),
            card("Deactivate Group Rule", "okta.deactivate_group_rule"),
            card("Deactivate User", "okta.deactivate_user"),
            card("Delete Group", "okta.delete_group"),
            card("Delete Import Session", "okta.delete_import_session"),
            card("Delete User", "okta.delete_user"),
            card("Get Assigned User for Application", "okta.get_assigned_user_for_application"),
            card("Get User's Groups", "okta.get_users_groups"),
            card("List Applications Assigned to User", "okta.list_applications_assigned_to_user"),
            card("List Group Members", "okta.list_group_members"),
            card("List Groups Assigned to Application", "okta.list_groups_assigned_to_application"),
            card("List Import Sessions", "okta.list_import_sessions"),
            card("List Users Assigned to Application", "okta.list_users_assigned_to_application"),
            card("List Users with Filter", "okta.list_users_with_filter"),
            card("List Users with Search", "okta.list_users_with_search"),
            card("Map Profile Source Attributes", "okta.map_profile_source_attributes"),
            card("Read Application", "okta.read_application"),
            card("Read Group", "okta.read_group"),
            card("Read User", "okta.read_user"),
            card("Remove User from Application", "okta.remove_user_from_application"),
            card("Remove User from Group", "okta.remove_user_from_group"),
            card("Reset Password", "okta.reset_password"),
            card("Search Applications", "okta.search_applications"),
            card("Search Group Rules", "okta.search_group_rules"),
            card("Search Groups", "okta.search_groups"),
            card("Search System Logs", "okta.search_system_logs"),
            card("Search Users", "okta.search_users"),
            card("Suspend User", "okta.suspend_user"),
            card("Trigger Import Session", "okta.trigger_import_session"),
            card("Unsuspend User", "okta.unsuspend_user"),
            card(
                "Update Application Credentials for an Assigned User",
                "okta.update_application_credentials_for_an_assigned_user",
            ),
            card(
                "Update Application Profile for an Assigned User",
                "okta.update_application_profile_for_an_assigned_user",
            ),
            card("Update Group", "okta.update_group"),
            card("Update User", "okta.update_user"),
        ],
    ),
];
