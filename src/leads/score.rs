//! How promising a lead is: points by rules from a file, each with a reason that names its field. Pure.
//!
//! The shipped rules stand in `templates/leads/score.toml`, which also describes the format.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::model::NewLead;

/// Where the rules that ship with the hub stand in the share.
pub const SHIPPED_PATH: &str = "templates/leads/score.toml";

/// The rules that ship with the hub.
pub const SHIPPED: &str = include_str!("../../templates/leads/score.toml");

/// A checked set of rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    rules: Vec<Rule>,
    public_mail_providers: BTreeSet<String>,
}

/// One rule: when `test` holds for `field`, `points` are added.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    id: String,
    field: Field,
    test: Test,
    points: i32,
}

/// A field of a lead that a rule may look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// `name`
    Name,
    /// `niche`
    Niche,
    /// `phone`
    Phone,
    /// `email`
    Email,
    /// `telegram`
    Telegram,
    /// `message`
    Message,
    /// `locale`
    Locale,
    /// `domain`
    Domain,
    /// `consent.marketing`
    MarketingConsent,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Test {
    Present,
    Agreed,
    OwnDomain,
    MatchesDomain,
    OneOf(Vec<String>),
    MinLength(usize),
}

/// What the rules say about one lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// 0 to 100.
    pub total: u8,
    /// The rules that held, in the order of the file.
    pub reasons: Vec<Reason>,
}

/// One rule that held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The rule's id.
    pub rule: String,
    /// The field that it looked at.
    pub field: Field,
    /// What it added.
    pub points: i32,
}

impl Reason {
    /// The key of the words in the catalogues.
    pub fn words_key(&self) -> String {
        format!("lead-score-{}", self.rule.replace('_', "-"))
    }
}

/// Everything that is wrong with a rule file, one line each.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct RuleErrors(pub Vec<String>);

impl Rules {
    /// Reads and checks a rule file.
    ///
    /// # Errors
    /// All that is wrong at once, each with the rule it stands in.
    pub fn parse(text: &str) -> Result<Self, RuleErrors> {
        let mut file: toml::Table =
            text.parse().map_err(|error: toml::de::Error| RuleErrors(vec![error.to_string()]))?;
        let mut errors = Vec::new();

        let providers = file.remove("public_mail_providers").unwrap_or(toml::Value::Array(Vec::new()));
        let public_mail_providers = providers.try_into::<BTreeSet<String>>().unwrap_or_else(|error| {
            errors.push(format!("public_mail_providers: {}", error.message()));
            BTreeSet::new()
        });
        let sources = match file.remove("rule") {
            Some(toml::Value::Array(sources)) if !sources.is_empty() => sources,
            _ => {
                errors.push("no [[rule]]: there must be at least one".to_owned());
                Vec::new()
            }
        };
        errors.extend(file.keys().map(|key| format!("{key}: no such setting; known are rule, public_mail_providers")));

        let mut rules: Vec<Rule> = Vec::new();
        for (number, source) in (1..).zip(sources) {
            let id = source.get("id").and_then(toml::Value::as_str).unwrap_or("without id").to_owned();
            let place = format!("rule {number} ({id})");
            match source.try_into::<Rule>() {
                Err(error) => errors.push(format!("{place}: {}", error.message())),
                Ok(rule) => {
                    errors.extend(rule.faults().map(|fault| format!("{place}: {fault}")));
                    if rules.iter().any(|other| other.id == rule.id) {
                        errors.push(format!("{place}: another rule has this id"));
                    }
                    rules.push(rule);
                }
            }
        }
        if errors.is_empty() { Ok(Self { rules, public_mail_providers }) } else { Err(RuleErrors(errors)) }
    }

    /// The keys of all words that reasons of these rules need.
    pub fn words_keys(&self) -> impl Iterator<Item = String> + '_ {
        self.rules.iter().map(|rule| rule.reason().words_key())
    }

    /// Scores a lead.
    pub fn score(&self, lead: &NewLead) -> Score {
        let reasons: Vec<Reason> = self.rules.iter().filter(|rule| self.holds(rule, lead)).map(Rule::reason).collect();
        let sum: i64 = reasons.iter().map(|reason| i64::from(reason.points)).sum();
        let total = u8::try_from(sum.clamp(0, 100)).unwrap_or(100);
        Score { total, reasons }
    }

    fn holds(&self, rule: &Rule, lead: &NewLead) -> bool {
        let text = rule.field.text(lead);
        match &rule.test {
            Test::Present => {
                text.is_some() || (rule.field == Field::MarketingConsent && lead.marketing_consent.is_some())
            }
            Test::Agreed => lead.marketing_consent == Some(true),
            Test::OwnDomain => text.and_then(mail_domain).is_some_and(|at| !self.public_mail_providers.contains(&at)),
            Test::MatchesDomain => {
                let wished = lead.domain.as_deref().map(|domain| bare_domain(domain).to_lowercase());
                wished.is_some() && text.and_then(mail_domain) == wished
            }
            Test::OneOf(words) => text.is_some_and(|text| words.iter().any(|word| word.eq_ignore_ascii_case(text))),
            Test::MinLength(least) => text.is_some_and(|text| text.chars().count() >= *least),
        }
    }
}

impl Rule {
    fn reason(&self) -> Reason {
        Reason { rule: self.id.clone(), field: self.field, points: self.points }
    }

    fn faults(&self) -> impl Iterator<Item = &'static str> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let id = (self.id.is_empty() || !self.id.bytes().all(plain)).then_some("id must be of a-z, 0-9 and _");
        let points = (self.points == 0 || !(-100..=100).contains(&self.points))
            .then_some("points must be from -100 to 100 and not 0");
        let test = match (&self.test, self.field) {
            (Test::Agreed, Field::MarketingConsent) | (Test::Present, _) => None,
            (Test::Agreed, _) => Some("test agreed is for marketing_consent"),
            (_, Field::MarketingConsent) => Some("marketing_consent takes the tests present and agreed"),
            (Test::OwnDomain | Test::MatchesDomain, Field::Email) => None,
            (Test::OwnDomain | Test::MatchesDomain, _) => Some("tests own_domain and matches_domain are for email"),
            (Test::OneOf(words), _) if words.is_empty() => Some("one_of needs at least one word"),
            (Test::MinLength(0), _) => Some("min_length must be at least 1"),
            (Test::OneOf(_) | Test::MinLength(_), _) => None,
        };
        [id, points, test].into_iter().flatten()
    }
}

impl Field {
    fn text(self, lead: &NewLead) -> Option<&str> {
        match self {
            Self::Name => Some(&lead.name),
            Self::Niche => lead.niche.as_deref(),
            Self::Phone => lead.phone.as_deref(),
            Self::Email => lead.email.as_deref(),
            Self::Telegram => lead.telegram.as_deref(),
            Self::Message => lead.message.as_deref(),
            Self::Locale => lead.locale.as_deref(),
            Self::Domain => lead.domain.as_deref(),
            Self::MarketingConsent => None,
        }
    }

    /// The field's name in the lead.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Niche => "niche",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Telegram => "telegram",
            Self::Message => "message",
            Self::Locale => "locale",
            Self::Domain => "domain",
            Self::MarketingConsent => "marketing_consent",
        }
    }
}

/// The lower-case domain of an address; `None` when it is no address.
fn mail_domain(address: &str) -> Option<String> {
    let (person, domain) = address.rsplit_once('@')?;
    (!person.is_empty() && domain.contains('.')).then(|| domain.to_lowercase())
}

fn bare_domain(typed: &str) -> &str {
    let typed = typed.trim_start_matches("https://").trim_start_matches("http://");
    typed.trim_start_matches("www.").trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn shipped() -> Rules {
        Rules::parse(SHIPPED).expect("the shipped rules are good")
    }

    fn lead(more: Value) -> NewLead {
        let mut lead = json!({"id": "1", "source": "s", "name": "Anna"});
        for (field, value) in more.as_object().expect("an object") {
            lead[field] = value.clone();
        }
        NewLead::from_value(lead).expect("a lead")
    }

    fn held(score: &Score) -> Vec<(&str, &str)> {
        score.reasons.iter().map(|reason| (reason.rule.as_str(), reason.field.as_str())).collect()
    }

    #[test]
    fn the_best_lead_has_a_hundred_and_each_reason_names_its_field() {
        let best = lead(json!({
            "phone": "+4930123456", "email": "anna@new-salon.de", "telegram": "anna", "niche": "Beauty_Salon",
            "domain": "new-salon.de", "message": "Need online booking", "locale": "de", "consent": {"marketing": true}
        }));
        let score = shipped().score(&best);
        assert_eq!(score.total, 100);
        let expected = [
            ("phone_given", "phone"),
            ("niche_served", "niche"),
            ("domain_wished", "domain"),
            ("business_email", "email"),
            ("message_detailed", "message"),
            ("telegram_given", "telegram"),
            ("locale_served", "locale"),
            ("marketing_agreed", "marketing_consent"),
        ];
        assert_eq!(held(&score), expected);
        assert_eq!(score.reasons[0].words_key(), "lead-score-phone-given");
    }

    #[test]
    fn a_poor_lead_has_few_points() {
        let poor = lead(
            json!({"email": "anna@GMAIL.com", "niche": "casino", "message": "hi", "consent": {"marketing": false}}),
        );
        assert_eq!(shipped().score(&poor), Score { total: 0, reasons: vec![] });
    }

    #[test]
    fn tests_between_fields_and_negative_points() {
        let rules = r#"
            [[rule]]
            id = "same"
            field = "email"
            test = "matches_domain"
            points = 30
            [[rule]]
            id = "casino"
            field = "niche"
            test = { one_of = ["casino"] }
            points = -100
        "#;
        let rules = Rules::parse(rules).expect("good rules");
        let same = lead(json!({"email": "a@New-Salon.de", "domain": "https://www.new-salon.de/"}));
        assert_eq!(rules.score(&same).total, 30);
        let casino = lead(json!({"email": "a@new-salon.de", "domain": "new-salon.de", "niche": "casino"}));
        let score = rules.score(&casino);
        assert_eq!((score.total, score.reasons.len()), (0, 2));
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let wrong = r#"
            colour = "red"
            public_mail_providers = "gmail.com"
            [[rule]]
            id = "a"
            field = "phone"
            test = "agreed"
            points = 0
            [[rule]]
            id = "a"
            field = "shoe"
            test = "present"
            points = 5
            [[rule]]
            id = "A b"
            field = "niche"
            test = { one_of = [] }
            points = 5
        "#;
        let RuleErrors(errors) = Rules::parse(wrong).expect_err("wrong rules");
        assert_eq!(errors.len(), 7, "{errors:#?}");
        assert!(errors.iter().any(|error| error.contains("rule 2 (a)") && error.contains("shoe")), "{errors:#?}");
        assert!(Rules::parse("").is_err());
        assert!(Rules::parse("[[rule").is_err());
    }

    proptest! {
        #[test]
        fn a_score_stays_within_its_bounds_and_is_the_sum_of_its_reasons(
            points in proptest::collection::vec((-100_i32..=100).prop_filter("not 0", |p| *p != 0), 1..12),
            has_phone: bool,
        ) {
            let text: String = points.iter().enumerate().map(|(i, p)| {
                let field = if i % 2 == 0 { "phone" } else { "email" };
                format!("[[rule]]\nid = \"r{i}\"\nfield = \"{field}\"\ntest = \"present\"\npoints = {p}\n")
            }).collect();
            let rules = Rules::parse(&text).expect("good rules");
            let lead = if has_phone { lead(json!({"phone": "1"})) } else { lead(json!({"email": "e"})) };
            let score = rules.score(&lead);
            let sum: i32 = points.iter().enumerate().filter(|(i, _)| (i % 2 == 0) == has_phone).map(|(_, p)| p).sum();
            prop_assert_eq!(i32::from(score.total), sum.clamp(0, 100));
            prop_assert_eq!(score.reasons.iter().map(|r| r.points).sum::<i32>(), sum);
        }
    }
}
