//! True/False cards. Texts `true` and `1` count as true, `false`, `0`, blank and missing as false; so do
//! numbers but 0.

cards! { TRUE_FALSE:
    and::And,
    or::Or,
    not::Not,
    compare::Compare,
}
