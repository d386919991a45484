//! Provisioning by chat: the plan, its confirmation, the one message that ticks through the steps, and one-time
//! credentials.

mod credentials;
mod moving;
mod plan;
mod progress;
mod refuse;
#[cfg(test)]
mod tests;
mod why;

use waas_platform::telegram::cards::CardKey;
use waas_platform::telegram::turn::{Branch, answer_to, command, deep_link, late_press, press};

pub(super) use credentials::announce;
pub(super) use moving::bring_open;
pub(super) use plan::put_aside;
pub(super) use progress::draw_progress;

/// The branches of this capability.
pub fn branches() -> Vec<Branch> {
    vec![
        command("provision").endpoint(plan::by_command),
        press("provision.plan").endpoint(plan::of_request),
        press("provision.refuse").endpoint(refuse::ask),
        answer_to("provision.refuse").endpoint(refuse::because),
        press("provision.refuse_sure").endpoint(refuse::sure),
        press("plan.confirm").endpoint(plan::confirm),
        press("plan.cancel").endpoint(plan::cancel),
        press("plan.again").endpoint(plan::again),
        late_press("plan.again").endpoint(plan::again_late),
        press("plan.slug").endpoint(plan::ask_slug),
        press("plan.domain").endpoint(plan::ask_domain),
        answer_to("plan.slug").endpoint(plan::set_slug),
        answer_to("plan.domain").endpoint(plan::set_domain),
        deep_link("cred_").endpoint(credentials::open),
        press("cred.show").endpoint(credentials::show),
    ]
}

/// The plan's message, which later ticks through the steps.
fn card(plan: uuid::Uuid) -> CardKey {
    CardKey { kind: "plan", subject: plan.to_string() }
}
