use super::*;
use crate::{Input, Known, Locale, Offer, Shown, View};

const SURVEY: &str = include_str!("../../tests/every_kind.toml");

fn survey() -> Definition {
    Definition::parse(SURVEY).unwrap()
}

/// A person at a survey.
struct Person {
    definition: Definition,
    session: Session,
}

impl Person {
    fn new() -> Self {
        Self::knowing(&[])
    }

    fn knowing(known: &[(&str, &str)]) -> Self {
        let definition = survey();
        let known: Known = known.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let session = Session::start(&definition, Locale::En, known);
        Self { definition, session }
    }

    fn does(&mut self, input: Input) -> Vec<Effect> {
        let applied = self.definition.apply(&self.session, input).unwrap();
        self.session = applied.session;
        applied.effects
    }

    fn writes(&mut self, words: &str) -> Vec<Effect> {
        self.does(Input::Text(words.to_owned()))
    }

    fn chooses(&mut self, option: &str) -> Vec<Effect> {
        self.does(Input::Choose(option.into()))
    }

    fn toggles(&mut self, option: &str) -> Vec<Effect> {
        self.does(Input::Toggle(option.into()))
    }

    fn edits(&mut self, step: &str) -> Vec<Effect> {
        self.does(Input::Edit(step.into()))
    }

    fn at(&self) -> &str {
        match &self.session.position {
            Position::Asking { step } | Position::Editing { step } => step.as_str(),
            Position::Reviewing => "(review)",
            Position::Picking => "(picking)",
            Position::Submitted => "(submitted)",
            Position::Cancelled => "(cancelled)",
        }
    }

    fn has(&self, step: &str) -> Option<&Answer> {
        self.session.answers.get(step)
    }

    /// Goes the way of a salon up to the review.
    fn reviewing() -> Self {
        let mut person = Self::new();
        person.writes("Ann");
        person.chooses("salon");
        person.writes("Cut");
        person.toggles("card");
        person.does(Input::Done);
        for _ in 0..8 {
            person.does(Input::Skip);
        }
        person.chooses("yes");
        assert_eq!(person.at(), "(review)");
        person
    }
}

fn ask(step: &str) -> Effect {
    Effect::Ask { step: step.into() }
}

fn answered(step: &str) -> Effect {
    Effect::Answered { step: step.into() }
}

fn refused(step: &str, reason: Refusal) -> Vec<Effect> {
    let step = step.into();
    vec![Effect::Refused { step, reason }]
}

#[test]
fn an_answer_leads_to_the_next_question_of_its_branch() {
    let mut ann = Person::new();
    assert_eq!(ann.writes(" Ann "), [answered("name"), ask("kind")]);
    assert_eq!(ann.chooses("salon"), [answered("kind"), ask("services")]);
    let mut bo = Person::new();
    bo.writes("Bo");
    assert_eq!(bo.chooses("other"), [answered("kind"), ask("pay")]);
}

#[test]
fn a_refused_answer_changes_nothing() {
    let mut ann = Person::new();
    let before = ann.session.clone();
    assert_eq!(ann.writes("A"), refused("name", Refusal::TooShort { min: 2 }));
    let wrong = Refusal::WrongKind { expected: crate::AnswerKind::Text };
    assert_eq!(ann.does(Input::Unsupported), refused("name", wrong));
    assert_eq!(ann.does(Input::Skip), refused("name", Refusal::Required));
    assert_eq!(ann.session, before);
}

#[test]
fn an_option_can_be_typed_but_nothing_else_taken_for_one() {
    let mut ann = Person::new();
    ann.writes("Ann");
    assert_eq!(ann.writes("hair"), refused("kind", Refusal::NotAnOption));
    let photo = Input::Photo { file_id: "F".into(), unique_id: "U".into() };
    let wrong = Refusal::WrongKind { expected: crate::AnswerKind::Choice };
    assert_eq!(ann.does(photo), refused("kind", wrong));
    // A button of another question.
    assert_eq!(ann.chooses("card"), [Effect::NothingChanged]);
    assert_eq!(ann.toggles("salon"), [Effect::NothingChanged]);
    assert_eq!(ann.writes(" SALON "), [answered("kind"), ask("services")]);
}

#[test]
fn a_multi_choice_is_ticked_and_ended() {
    let mut ann = Person::new();
    ann.writes("Ann");
    ann.chooses("other");
    let few = Refusal::TooFewChoices { min: 1 };
    assert_eq!(ann.does(Input::Done), refused("pay", few));
    let marked = [Effect::Marked { step: "pay".into() }];
    assert_eq!(ann.toggles("transfer"), marked);
    assert_eq!(ann.toggles("cash"), marked);
    let many = Refusal::TooManyChoices { max: 2 };
    assert_eq!(ann.toggles("card"), refused("pay", many));
    assert_eq!(ann.toggles("transfer"), marked);
    assert_eq!(ann.writes("Card"), marked);
    assert_eq!(ann.does(Input::Done), [answered("pay"), ask("staff")]);
    let chosen = Answer::Multi(vec!["cash".into(), "card".into()]);
    assert_eq!(ann.has("pay"), Some(&chosen));
    // Back shows what was ticked.
    ann.does(Input::Back);
    let View::Question(view) = ann.definition.view(&ann.session).unwrap() else {
        panic!("not a question");
    };
    let marked: Vec<bool> = view.options.iter().map(|option| option.marked).collect();
    assert_eq!(marked, [true, true, false]);
}

#[test]
fn back_keeps_answers_and_offers_them() {
    let mut ann = Person::new();
    assert_eq!(ann.does(Input::Back), [Effect::NothingChanged]);
    ann.writes("Ann");
    ann.chooses("salon");
    assert_eq!(ann.does(Input::Back), [ask("kind")]);
    assert_eq!(ann.does(Input::Back), [ask("name")]);
    let View::Question(view) = ann.definition.view(&ann.session).unwrap() else {
        panic!("not a question");
    };
    assert_eq!(view.offer, Some(Offer { value: Shown::Text("Ann".into()), origin: Origin::Given }));
    // Straight back to the open question: `kind` is answered already.
    let effects = ann.does(Input::TakeOffer);
    assert_eq!(effects, [answered("name"), ask("services")]);
}

#[test]
fn back_passes_over_branches_that_are_off() {
    let mut ann = Person::new();
    ann.writes("Ann");
    ann.chooses("other");
    assert_eq!(ann.does(Input::Back), [ask("kind")]);
}

#[test]
fn skipping_withdraws_an_optional_answer() {
    let mut ann = Person::reviewing();
    ann.edits("staff");
    ann.writes("3");
    assert_eq!(ann.has("staff"), Some(&Answer::Number(3.into())));
    ann.edits("staff");
    let step = "staff".into();
    assert_eq!(ann.does(Input::Skip), [Effect::Skipped { step }, Effect::Review]);
    assert_eq!(ann.has("staff"), None);
}

#[test]
fn consent_cannot_be_refused_where_it_is_needed() {
    let mut ann = Person::reviewing();
    ann.edits("consent");
    let before = ann.session.clone();
    assert_eq!(ann.chooses("no"), refused("consent", Refusal::ConsentNeeded));
    assert_eq!(ann.session, before);
    let own = ann.definition.refusal_text("consent", Locale::En);
    assert_eq!(own, Some("We need it."));
    // An optional one is simply passed over.
    ann.edits("consent");
    ann.does(Input::Back);
    ann.edits("news");
    let step = "news".into();
    assert_eq!(ann.chooses("no"), [Effect::Skipped { step }, Effect::Review]);
}

#[test]
fn a_rating_is_pressed_or_written() {
    let mut ann = Person::reviewing();
    ann.edits("rating");
    assert_eq!(ann.writes("6"), refused("rating", Refusal::NotAnOption));
    ann.chooses("4");
    assert_eq!(ann.has("rating"), Some(&Answer::Rating(4)));
    ann.edits("rating");
    // A low one has a question of its own.
    assert_eq!(ann.writes("2"), [answered("rating"), ask("why")]);
}

#[test]
fn an_edit_asks_only_what_it_made_necessary_and_drops_nothing() {
    let mut ann = Person::reviewing();
    assert_eq!(ann.does(Input::PickEdit), [Effect::Review]);
    assert_eq!(ann.at(), "(picking)");
    assert_eq!(ann.edits("kind"), [ask("kind")]);
    assert_eq!(ann.chooses("other"), [answered("kind"), Effect::Review]);
    assert!(ann.definition.answers(&ann.session).get("services").is_none());
    // The branch comes back with its answer, and nothing is asked again.
    ann.edits("kind");
    assert_eq!(ann.chooses("salon"), [answered("kind"), Effect::Review]);
    let services = Answer::Lines(vec!["Cut".into()]);
    assert_eq!(ann.definition.answers(&ann.session).get("services"), Some(&services));
    // Another branch asks its one question and returns to the review.
    ann.edits("kind");
    assert_eq!(ann.chooses("trade"), [answered("kind"), ask("area")]);
    assert_eq!(ann.writes("Berlin"), [answered("area"), Effect::Review]);
}

#[test]
fn an_edit_can_be_left_as_it_was() {
    let mut ann = Person::reviewing();
    let answers = ann.session.answers.clone();
    ann.does(Input::PickEdit);
    assert_eq!(ann.does(Input::Back), [Effect::Review]);
    ann.edits("name");
    assert_eq!(ann.writes("?"), refused("name", Refusal::TooShort { min: 2 }));
    assert_eq!(ann.does(Input::Back), [Effect::Review]);
    assert_eq!(ann.at(), "(review)");
    assert_eq!(ann.session.answers, answers);
    // A step that is off the path, or none at all, cannot be edited.
    assert_eq!(ann.edits("area"), [Effect::NothingChanged]);
    assert_eq!(ann.edits("nothing"), [Effect::NothingChanged]);
}

#[test]
fn back_from_the_review_shows_the_last_question() {
    let mut ann = Person::reviewing();
    assert_eq!(ann.does(Input::Back), [ask("consent")]);
    assert_eq!(ann.chooses("yes"), [answered("consent"), Effect::Review]);
}

#[test]
fn a_survey_is_submitted_once() {
    let mut ann = Person::reviewing();
    assert_eq!(ann.writes("send it"), [Effect::NothingChanged]);
    let effects = ann.does(Input::Submit);
    let [Effect::Submitted(answers)] = effects.as_slice() else {
        panic!("not submitted: {effects:?}");
    };
    let plain = serde_json::json!({
        "name": "Ann", "kind": "salon", "services": ["Cut"], "pay": ["card"], "consent": true,
    });
    assert_eq!(answers.plain(), plain);
    for late in [Input::Submit, Input::Cancel, Input::Back, Input::Resume] {
        assert_eq!(ann.does(late), [Effect::NothingChanged]);
    }
}

#[test]
fn a_cancelled_survey_stays_cancelled() {
    let mut ann = Person::new();
    ann.writes("Ann");
    ann.does(Input::Cancel);
    assert_eq!(ann.does(Input::Discard), [Effect::Cancelled]);
    for late in [Input::Discard, Input::Keep, Input::Resume, Input::Text("Ann".to_owned())] {
        assert_eq!(ann.does(late), [Effect::NothingChanged]);
    }
    assert!(ann.session.position.is_final());
}

#[test]
fn answers_are_thrown_away_only_after_a_question() {
    let mut ann = Person::new();
    ann.writes("Ann");
    assert_eq!(ann.does(Input::Discard), [Effect::NothingChanged]);
    assert_eq!(ann.does(Input::Cancel), [Effect::AskToLeave]);
    // No words, however they were meant, throw anything away or answer what is not on screen.
    for other in [Input::Text("yes".to_owned()), Input::Choose("salon".into()), Input::Back, Input::Cancel] {
        assert_eq!(ann.does(other), [Effect::NothingChanged]);
    }
    assert_eq!(ann.does(Input::Resume), [ask("kind")]);
    assert_eq!(ann.chooses("salon"), [answered("kind"), ask("services")]);
    let mut bo = Person::reviewing();
    assert_eq!(bo.does(Input::Cancel), [Effect::AskToLeave]);
    assert_eq!(bo.does(Input::Submit), [Effect::NothingChanged]);
    assert_eq!(bo.does(Input::Discard), [Effect::Cancelled]);
}

#[test]
fn what_is_kept_is_gone_on_with() {
    let mut ann = Person::new();
    ann.writes("Ann");
    ann.does(Input::Cancel);
    assert_eq!(ann.does(Input::Keep), [Effect::Kept]);
    assert_eq!(ann.does(Input::Discard), [Effect::NothingChanged]);
    // Whatever brings her back, she sees the question before she answers it.
    assert_eq!(ann.writes("salon"), [ask("kind")]);
    ann.does(Input::Cancel);
    ann.does(Input::Keep);
    assert_eq!(ann.does(Input::Cancel), [Effect::AskToLeave]);
    ann.does(Input::Keep);
    assert_eq!(ann.does(Input::Resume), [ask("kind")]);
    assert!(ann.has("name").is_some());
    let mut bo = Person::reviewing();
    bo.does(Input::Cancel);
    bo.does(Input::Keep);
    assert_eq!(bo.does(Input::Resume), [Effect::Review]);
    assert!(matches!(bo.does(Input::Submit).as_slice(), [Effect::Submitted(_)]));
}

#[test]
fn without_an_answer_there_is_nothing_to_ask() {
    let mut ann = Person::new();
    assert_eq!(ann.does(Input::Cancel), [Effect::Cancelled]);
}

#[test]
fn what_was_tapped_is_told_and_what_was_written_is_not() {
    let mut ann = Person::knowing(&[("lead.name", "Ann Weber")]);
    let tapped = |ann: &Person| match ann.definition.view(&ann.session).unwrap() {
        View::Question(view) => view.tapped.map(|row| row.step.to_string()),
        other => panic!("not a question: {other:?}"),
    };
    assert_eq!(tapped(&ann), None);
    ann.writes("Ann");
    assert_eq!(tapped(&ann), None);
    ann.does(Input::Back);
    ann.writes("Ann Weber");
    assert_eq!(tapped(&ann).as_deref(), Some("name"));
    ann.chooses("salon");
    assert_eq!(tapped(&ann).as_deref(), Some("kind"));
}

#[test]
fn resuming_shows_the_present_question() {
    let mut ann = Person::new();
    ann.writes("Ann");
    let before = ann.session.clone();
    assert_eq!(ann.does(Input::Resume), [ask("kind")]);
    assert_eq!(ann.session, before);
    let mut bo = Person::reviewing();
    assert_eq!(bo.does(Input::Resume), [Effect::Review]);
}

#[test]
fn known_values_are_offered_where_they_fit() {
    let mut ann =
        Person::knowing(&[("lead.name", "Ann Weber"), ("lead.niche", "trade"), ("lead.phone", "not a number")]);
    assert_eq!(ann.does(Input::TakeOffer), [answered("name"), ask("kind")]);
    let View::Question(view) = ann.definition.view(&ann.session).unwrap() else {
        panic!("not a question");
    };
    let likely: Vec<&str> =
        view.options.iter().filter_map(|option| option.marked.then_some(option.id.as_str())).collect();
    assert_eq!(likely, ["trade"]);
    assert_eq!(view.marked, Some(Origin::Known));
    // Marked as likely, but only a press answers.
    assert_eq!(ann.does(Input::TakeOffer), [Effect::NothingChanged]);
    let phone = ann.definition.step("phone").unwrap();
    assert_eq!(ann.definition.offer(&ann.session, phone), None);
}

#[test]
fn a_session_belongs_to_one_version() {
    let ann = Person::new();
    let newer = Definition::parse(&SURVEY.replace("version = 3", "version = 4")).unwrap();
    let mismatch = Mismatch::Definition { dialogue: "every_kind".into(), version: 3 };
    assert_eq!(newer.apply(&ann.session, Input::Resume), Err(mismatch.clone()));
    assert_eq!(newer.view(&ann.session), Err(mismatch));
    let mut lost = ann.session.clone();
    lost.position = Position::Editing { step: "gone".into() };
    let gone = Err(Mismatch::Step("gone".into()));
    assert_eq!(ann.definition.apply(&lost, Input::Resume), gone);
}

#[test]
fn the_revision_grows_with_every_change_only() {
    let mut ann = Person::new();
    ann.writes("A");
    assert_eq!(ann.session.revision, 0);
    ann.writes("Ann");
    assert_eq!(ann.session.revision, 1);
    ann.does(Input::Resume);
    assert_eq!(ann.session.revision, 1);
    ann.session = ann.session.in_locale(Locale::De);
    assert_eq!(ann.session.revision, 2);
}

#[test]
fn a_session_from_outside_with_an_open_question_is_not_submitted() {
    let mut ann = Person::reviewing();
    ann.session.answers.remove("name");
    assert_eq!(ann.does(Input::Submit), [ask("name")]);
}

#[test]
fn requirements_are_met_by_steps_that_everybody_answers() {
    use crate::{AnswerKind, Requirement, Unmet};
    let need = |step: &str, kinds: &[AnswerKind]| Requirement { step: step.to_owned(), kinds: kinds.to_vec() };
    let unmet = survey().unmet(&[
        need("name", &[AnswerKind::Text]),
        need("kind", &[]),
        need("pay", &[AnswerKind::Choice]),
        need("area", &[]),
        need("phone", &[AnswerKind::Phone]),
        need("nothing", &[]),
    ]);
    let step = |name: &str| name.to_owned();
    assert_eq!(
        unmet,
        [
            Unmet::WrongKind { step: step("pay"), found: AnswerKind::Multi },
            Unmet::NotAlwaysAnswered { step: step("area") },
            Unmet::NotAlwaysAnswered { step: step("phone") },
            Unmet::NoSuchStep { step: step("nothing") },
        ]
    );
}
