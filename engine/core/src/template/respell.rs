//! Templates under other names, to compare them by.

use minijinja::machinery::{Token, tokenize};

use super::syntax;

/// The code of a template, token by token, in which the names that it reads have another form, where `rename` gives one. Equal
/// texts do the same: white space in code and comments count nothing. None if it isn't a template.
pub fn respell(source: &str, rename: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut told = String::with_capacity(source.len());
    let mut is_root = true;
    for token in tokenize(source, false, syntax()) {
        let (token, span) = token.ok()?;
        // Text may look like code: a sign that neither has tells them apart.
        told.push(if matches!(token, Token::TemplateData(_)) { '\u{4}' } else { '\u{5}' });
        let written = source.get(span.start_offset as usize..span.end_offset as usize).unwrap_or_default();
        match token {
            Token::TemplateData(text) => told.push_str(text),
            Token::Ident(name) if is_root => told.push_str(rename(name).as_deref().unwrap_or(name)),
            _ => told.push_str(written),
        }
        // A name behind a dot is a member, one behind `|` a filter.
        is_root = !matches!(token, Token::Dot | Token::Pipe);
    }
    Some(told)
}

#[cfg(test)]
mod tests {
    use super::respell;

    #[test]
    fn names_get_another_form_and_white_space_counts_nothing() {
        let renamed = |source: &str| respell(source, &|name| (name == "user").then(|| "#1".to_owned()));
        let same = [
            ("user {{user.user}}!", "user {{ user . user }}!"),
            ("{{ user.name|user }}", "{{  user.name | user  }}{# a remark #}"),
            ("{% if user.a == 'user' %}x{% endif %}", "{%if user.a=='user'%}x{% endif %}"),
        ];
        for (one, other) in same {
            assert_eq!(renamed(one), renamed(other));
            assert!(renamed(one).is_some_and(|told| told.matches("#1").count() == 1), "{one}");
        }
        assert_ne!(renamed("{{ a }}"), renamed("{% raw %}{{ a }}{% endraw %}"));
        assert_ne!(renamed("{{ a b }}"), renamed("{{ ab }}"));
        assert_eq!(renamed("{{ 'a"), None);
    }
}
