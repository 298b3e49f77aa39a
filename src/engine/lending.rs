//! Whose keyboard is lent to somebody who attaches.

use super::holds::{Hold, Kept};
use super::keyboard::Wants;
use super::perform::Hands;
use crate::control::attach::{Attached, NotAttached};
use crate::control::protocol::{Code, Refusal};
use crate::control::session::{Asker, AttachQuery};
use crate::project::{InstanceId, InstanceSpec};
use crate::supervisor::Part;

impl Hands {
    /// Lends the keyboard and the screen of one instance.
    ///
    /// # Errors
    /// It is not clear whose, or there is none.
    pub(super) fn lend(&self, query: &AttachQuery, asker: &Asker) -> Result<Attached, Refusal> {
        let wants = self.keyboards.wants().borrow().clone();
        let instance = self.meant(query.name.as_deref(), &wants)?;
        if self.is_below(&instance, asker) {
            return Err(Refusal {
                code: Code::NotPossible,
                message: format!("this is the screen of `{instance}` already"),
                hint: Some("it would show itself without end; attach from another terminal".to_owned()),
            });
        }
        self.keyboards.attach(&instance, query.wish).map_err(|why| match why {
            NotAttached::Gone => Refusal::gone(),
            NotAttached::TooMany { most } => {
                Refusal::new(Code::TooMany, format!("{most} are attached to this stack already"))
            }
        })
    }

    /// Returns whose keyboard is meant: the only one that has one, or of several the only one that waits for keys.
    fn meant(&self, name: Option<&str>, wants: &Wants) -> Result<InstanceId, Refusal> {
        let all = || self.project.instances.iter().map(|spec| spec.id.clone()).collect();
        let named: Vec<InstanceId> = match name {
            None => all(),
            Some(name) => self.project.instances_named(&[name.to_owned()]).map_err(|nobody| Refusal {
                code: Code::UnknownProcess,
                message: nobody.message,
                hint: nobody.hint,
            })?,
        };
        let has_one = |id: &&InstanceId| {
            self.project
                .instances
                .iter()
                .find(|spec| spec.id == **id)
                .is_some_and(|spec| self.has_keyboard(spec))
        };
        let lenders: Vec<&InstanceId> = named.iter().filter(has_one).collect();
        let waiting: Vec<&&InstanceId> = lenders.iter().filter(|id| wants.of(id).is_some()).collect();
        match (lenders.as_slice(), waiting.as_slice()) {
            ([one], _) => Ok((*one).clone()),
            (_, [one]) => Ok((**one).clone()),
            ([], _) => Err(without_terminal(&named)),
            _ => Err(several(name, &lenders, wants)),
        }
    }

    /// Returns whether somebody who asks is one of the processes of an instance.
    fn is_below(&self, instance: &InstanceId, asker: &Asker) -> bool {
        let run = self.runs.iter().find(|(_, held)| held.spec.id == *instance && held.part == Part::Main);
        let kin = run.and_then(|(run, _)| self.kin(*run));
        asker.pid.zip(kin).is_some_and(|(pid, kin)| kin.has(pid) == Some(true))
    }

    /// Returns whether forge holds a terminal of an instance, or will when it runs.
    fn has_keyboard(&self, spec: &InstanceSpec) -> bool {
        let runs = self.runs.values().find(|held| held.spec.id == spec.id && held.part == Part::Main);
        match runs.map(|held| &held.kept) {
            Some(Kept::Terminals(terminals)) => !terminals.is_empty(),
            Some(Kept::Input(_)) => false,
            None => self.hold_of(&spec.process) == Hold::Full,
        }
    }
}

fn without_terminal(meant: &[InstanceId]) -> Refusal {
    let message = match meant {
        [one] => format!("`{one}` has no terminal of its own: its input is a pipe"),
        _ => {
            format!("none of {} has a terminal of its own: their input is a pipe", listed(meant.iter(), None))
        }
    };
    let hint = "`tty = \"full\"` in forge.toml gives it one, and `forge start --tty=full` gives one to all; \
                without that, only a forge that was started on a terminal does";
    Refusal { code: Code::NotPossible, message, hint: Some(hint.to_owned()) }
}

fn several(name: Option<&str>, lenders: &[&InstanceId], wants: &Wants) -> Refusal {
    let message = match name {
        Some(name) => format!("`{name}` is several processes"),
        None => "several processes have a terminal".to_owned(),
    };
    let hint = format!("name one of {}", listed(lenders.iter().copied(), Some(wants)));
    Refusal { code: Code::NotPossible, message, hint: Some(hint) }
}

fn listed<'a>(ids: impl Iterator<Item = &'a InstanceId>, asking: Option<&Wants>) -> String {
    let one = |id: &InstanceId| {
        let is_waiting = asking.is_some_and(|asking| asking.of(id).is_some());
        format!("{id}{}", if is_waiting { " (waits for keys)" } else { "" })
    };
    ids.map(one).collect::<Vec<_>>().join(", ")
}
