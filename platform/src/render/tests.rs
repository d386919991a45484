//! Rendering as a whole: user text stays data in every kind, errors say where.

use chrono::DateTime;
use proptest::prelude::*;

use super::*;

fn renderer(files: &[(&str, &str)]) -> Result<Renderer, RenderError> {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join("templates").join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        std::fs::write(path, text).expect("written");
    }
    let share = Share::new(Some(folder.path().to_owned()));
    let words = Words::load(&share, Missing::Refuse).expect("catalogues");
    Renderer::load(&share, Arc::new(words))
}

fn reader(lang: &str) -> Reader {
    Reader {
        lang: lang.to_owned(),
        zone: chrono_tz::Europe::Berlin,
        now: DateTime::from_timestamp(1_795_251_600, 0).expect("valid"),
    }
}

const HOSTILE: [&str; 5] = [
    "{{ secret }}",
    "{% include \"x\" %}",
    "{{ get_env(name=\"T\") }}",
    "<b>&\"{{x}}",
    "</a><a href=\"tg://user?id=1\">",
];

#[test]
fn user_text_is_never_template_or_markup() {
    let renderer = renderer(&[("telegram/a.html", "<b>{{ name }}</b>")]).expect("loads");
    for name in HOSTILE {
        let html = renderer.telegram("a.html", &reader("en"), &Context::new().with("name", name)).expect("renders");
        assert_eq!(html.plain(), name);
        let yaml = renderer.source(Kind::Yaml, "x", "a: {{ name }}", &Context::new().with("name", name)).expect("ok");
        let read: std::collections::BTreeMap<String, String> = serde_saphyr::from_str(&yaml).expect("yaml");
        assert_eq!(read["a"], name);
    }
}

#[test]
fn no_filter_switches_the_escape_off() {
    let renderer = renderer(&[]).expect("loads");
    for filter in ["safe", "escape_html", "escape_xml", "newlines_to_br"] {
        for kind in Kind::ALL {
            let source = format!("{{{{ name | {filter} }}}}");
            let result = renderer.source(kind, "x", &source, &Context::new().with("name", "a"));
            assert!(matches!(result, Err(RenderError::Template { .. })), "{kind} {filter}: {result:?}");
        }
    }
}

#[test]
fn markup_enters_as_html_and_only_in_telegram() {
    let renderer = renderer(&[("telegram/a.html", "{{ a }} {% for x in list %}{{ x }}{% endfor %}")]).expect("loads");
    let bold = Html::parse("<b>&lt;</b>").expect("valid");
    let context = Context::new().html("a", &bold).html_list("list", &[bold.clone(), Html::escape("<")]);
    let html = renderer.telegram("a.html", &reader("en"), &context).expect("renders");
    assert_eq!(html.as_str(), "<b>&lt;</b> <b>&lt;</b>&lt;");
    let refused = renderer.source(Kind::Nginx, "n", "{{ a }}", &context);
    assert!(matches!(refused, Err(RenderError::Refused { .. })), "{refused:?}");
}

#[test]
fn what_nginx_cannot_express_names_the_field_and_not_the_value() {
    let renderer = renderer(&[("nginx/s.conf", "server_name {{ site.domain }};")]).expect("loads");
    let site = serde_json::json!({"domain": "a.com; return 200 x"});
    let error = renderer.render(Kind::Nginx, "s.conf", &Context::new().with("site", &site)).expect_err("refused");
    let text = error.to_string();
    assert!(text.contains("s.conf") && text.contains("site.domain") && !text.contains("return"), "{text}");
}

#[test]
fn an_env_file_with_a_dollar_defines_it_first() {
    let renderer = renderer(&[]).expect("loads");
    let context = Context::new().with("a", "${X:-y}").with("b", "plain");
    let env = renderer.source(Kind::Env, ".env", "A={{ a }}\nB={{ b }}\n", &context).expect("renders");
    assert_eq!(env, "HUB_DOLLAR='$'\nA=\"${HUB_DOLLAR}{X:-y}\"\nB=plain\n");
    let refused = renderer.source(Kind::Env, ".env", "A={{ a }}", &Context::new().with("a", "x\nADMIN=1"));
    assert!(matches!(refused, Err(RenderError::Refused { .. })));
}

#[test]
fn compose_values_are_not_interpolated_and_json_keeps_types() {
    let renderer = renderer(&[]).expect("loads");
    let context = Context::new().with("name", "$HOME").with("n", &5).with("list", &["a", "$b"]);
    let yaml = renderer.source(Kind::Compose, "c", "a: {{ name }}\nn: {{ n | json }}\nl: {{ list | json }}", &context);
    assert_eq!(yaml.expect("renders"), "a: \"$$HOME\"\nn: 5\nl: [\"a\",\"$$b\"]");
}

#[test]
fn a_sentence_and_the_dates_in_it_are_in_one_language() {
    let until = "{{ t(key=\"until\", at=at | local_time(form=\"time-date\")) }} {{ 1234.5 | number(decimals=1) }}";
    let english = ("locales/en/picnic.ftl", "until = until { $at }");
    let german = ("locales/de/picnic.ftl", "until = bis { $at }");
    let said = |files: &[(&str, &str)]| {
        let context = Context::new().with("at", "2026-12-05T08:59:00Z");
        let renderer = renderer(files).expect("loads");
        renderer.telegram("picnic/a.html", &reader("de-AT"), &context).expect("renders").as_str().to_owned()
    };
    assert_eq!(said(&[english, ("telegram/picnic/a.html", until)]), "until 5 Dec 2026 1,234.5");
    assert_eq!(said(&[english, german, ("telegram/picnic/a.html", until)]), "bis 05.12.2026 1.234,5");
}

#[test]
fn layouts_speak_the_language_of_the_reader() {
    let files = [
        (
            "locales/en/x.ftl",
            "taken = Taken by { $who }\nleads = { $n ->\n    [one] one lead\n   *[other] { $n } leads\n}",
        ),
        ("locales/de/x.ftl", "taken = Genommen von { $who }\nleads = { $n } Anfragen"),
        (
            "telegram/a.html",
            "<b>{{ t(key=\"taken\", who=who) }}</b>\n\n\n{% if false %}x{% endif %}\n{{ t(key=\"leads\", n=n) }}, \
             {{ at | ago }}, {{ at | local_time }}, {{ 90 | duration }}, {{ 1234.5 | number(decimals=1) }}",
        ),
    ];
    let renderer = renderer(&files).expect("loads");
    let context = Context::new().with("who", "<Bo>").with("n", &1).with("at", "2026-11-21T08:59:00Z");
    let english = renderer.telegram("a.html", &reader("en"), &context).expect("renders");
    assert_eq!(
        english.as_str(),
        "<b>Taken by &lt;Bo&gt;</b>\n\none lead, 1 min ago, 21 Nov 2026, 09:59, 1 min 30 s, 1,234.5"
    );
    let german = renderer.telegram("a.html", &reader("de-AT"), &context).expect("renders");
    assert!(german.plain().contains("Genommen von <Bo>") && german.plain().contains("1.234,5"), "{german}");
}

#[test]
fn errors_name_the_template_and_the_line() {
    let syntax = renderer(&[("telegram/bad.html", "a\n{{ oops")]).expect_err("refused");
    assert!(matches!(&syntax, RenderError::Template { template, line: 2, .. } if template == "bad.html"), "{syntax:?}");

    let renderer = renderer(&[
        ("telegram/value.html", "\n\n{{ absent }}"),
        ("telegram/words.html", "\n{{ t(key=\"no-such-words\") }}"),
        ("telegram/html.html", "<div>x</div>"),
    ])
    .expect("loads");
    let say = |name| renderer.telegram(name, &reader("en"), &Context::new()).expect_err("refused").to_string();
    assert!(say("value.html").starts_with("value.html:3:"));
    assert!(say("words.html").starts_with("words.html:2:") && say("words.html").contains("no-such-words"));
    assert!(say("html.html").contains("div"));
    assert!(say("gone.html").contains("no such template"));
}

#[test]
fn blank_lines_are_folded_but_not_in_preformatted_text() {
    assert_eq!(fold_blank_lines("a\n\n\n\nb\n<pre>x\n\n\n\ny</pre>\n\n\nz"), "a\n\nb\n<pre>x\n\n\n\ny</pre>\n\nz");
}

#[test]
fn our_own_templates_parse() {
    let share = Share::default();
    let words = Arc::new(Words::load(&share, Missing::Refuse).expect("catalogues"));
    Renderer::load(&share, words).expect("layouts");
}

proptest! {
    #[test]
    fn any_text_stays_data(value in any::<String>()) {
        let renderer = instance(Kind::Telegram, &Arc::new(Words::load(&Share::default(), Missing::Show).expect("ok")));
        let mut tera = renderer;
        tera.add_raw_template("x", "<i>{{ v }}</i>").expect("parses");
        let text = finish(Kind::Telegram, "x", &tera, &Context::new().with("v", &value)).expect("renders");
        let html = Html::parse(text).expect("valid");
        prop_assert_eq!(html.plain().chars().count(), value.chars().count());
    }
}
