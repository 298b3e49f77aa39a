//! The environment of one instance: what was inherited, what the files say, and what forge itself sets.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Display;

use super::{
    InstanceId, InstanceSpec, Origin, PortRule, PortSource, ProcessName, ProcessSpec, Project, Variable,
};

/// What would be the address of a process, and is a setting of forge: a forge inside the stack would take it for one.
pub const SETTINGS_LIKE_ADDRESSES: &[&str] = &["FORGE_PORT_STEP"];

/// Returns the setting in whose place the port of a process would be told to the others.
pub(super) fn hidden_setting(process: &ProcessName) -> Option<&'static str> {
    let name = format!("FORGE_PORT_{}", variable_part(process, 1));
    SETTINGS_LIKE_ADDRESSES.iter().copied().find(|setting| *setting == name)
}

impl Project {
    /// Returns the whole environment of an instance, sorted by name.
    ///
    /// PORT, PS and the `FORGE_…` variables beat the env files (compat section 3). `FORGE_RUN_ID` is not in
    /// it: only the engine knows the launch.
    pub fn environment_of(&self, instance: &InstanceSpec) -> Vec<Variable> {
        self.environment_with(instance, &self.addresses()).into_iter().map(Cow::into_owned).collect()
    }

    /// Returns the same for whoever has the [addresses](Project::addresses) at hand: all instances have them in common, and
    /// every one of them adds two.
    pub fn environment_with<'a>(
        &'a self,
        instance: &'a InstanceSpec,
        addresses: &'a [Variable],
    ) -> Vec<Cow<'a, Variable>> {
        let given =
            self.shared_by(instance).iter().chain(set_for(instance)).chain(addresses).map(Cow::Borrowed);
        let own = set_by_forge(instance).into_iter().map(Cow::Owned);
        let mut variables: Vec<Cow<'a, Variable>> = given.chain(own).collect();
        // Stable: of those with one name, the one that beats the others stays the last.
        variables.sort_by(|one, other| one.name.cmp(&other.name));
        variables.dedup_by(|later, earlier| {
            let is_beaten = later.name == earlier.name;
            if is_beaten {
                std::mem::swap(later, earlier);
            }
            is_beaten
        });
        variables
    }

    /// Returns what PATH an instance has, without putting together all the rest.
    pub fn path_of<'a>(&'a self, instance: &'a InstanceSpec) -> Option<&'a [u8]> {
        let all = self.shared_by(instance).iter().chain(set_for(instance));
        all.filter(|variable| variable.name == b"PATH").last().map(|variable| variable.value.as_slice())
    }

    /// Returns what an instance has in common with the others.
    fn shared_by<'a>(&'a self, instance: &'a InstanceSpec) -> &'a [Variable] {
        instance.process.shared.as_deref().unwrap_or(&self.environment)
    }

    /// Returns what forge tells every process about where the others are: `FORGE_PORT_WEB` and
    /// `FORGE_URL_WEB` of each entry, and `FORGE_PORT_WEB_2` of its further instances.
    pub fn addresses(&self) -> Vec<Variable> {
        let running = self.instances.iter().map(|instance| {
            let index = instance.id.index;
            (&instance.id.process, index, instance.port)
        });
        // Those that are not started keep the place where they would be.
        let first = self
            .processes
            .iter()
            .map(|process| (&process.name, 1, self.planned_port(process, 1).ok().flatten()));
        let mut variables: BTreeMap<String, u16> = BTreeMap::new();
        for (process, index, port) in running.chain(first) {
            let Some(port) = port else { continue };
            variables.entry(variable_part(process, index)).or_insert(port);
        }
        let ports = variables.iter().map(|(part, port)| forge(&format!("FORGE_PORT_{part}"), port));
        let urls = variables
            .iter()
            .map(|(part, port)| forge(&format!("FORGE_URL_{part}"), &format!("http://localhost:{port}")));
        let is_no_setting = |variable: &Variable| {
            !SETTINGS_LIKE_ADDRESSES.iter().any(|name| name.as_bytes() == variable.name)
        };
        ports.chain(urls).filter(is_no_setting).collect()
    }

    /// Returns the port of an instance as the rules have it; `None` if it has none, or one that is still to be found.
    /// The error is the number beyond 65535 that it would have.
    pub fn planned_port(&self, process: &ProcessSpec, index: u32) -> Result<Option<u16>, u64> {
        // Without any ports there is no rule.
        let Some(rule) = self.port_rule else { return Ok(None) };
        match process.port {
            PortSource::Rule => rule.port_of(process.position, index).map(Some),
            PortSource::Fixed(port) => PortRule { base: port, step: 0 }.port_of(0, index).map(Some),
            PortSource::Free | PortSource::None => Ok(None),
        }
    }
}

/// What files say for one process or one instance of it alone; the later one wins.
fn set_for(instance: &InstanceSpec) -> impl Iterator<Item = &Variable> {
    let spec = &instance.process;
    let variant =
        usize::try_from(instance.id.index).ok().and_then(|index| spec.variants.get(index.checked_sub(1)?));
    spec.environment.iter().chain(variant.into_iter().flatten())
}

fn set_by_forge(instance: &InstanceSpec) -> Vec<Variable> {
    let InstanceId { process, index } = &instance.id;
    let mut variables =
        vec![forge("FORGE_INSTANCE", index), forge("FORGE_PROCESS", process), forge("PS", &instance.id)];
    variables.extend(instance.port.map(|port| forge("PORT", &port)));
    variables
}

fn forge(name: &str, value: &dyn Display) -> Variable {
    Variable { name: name.into(), value: value.to_string().into(), origin: Origin::Forge }
}

/// `web-api` becomes `WEB_API`, its second instance `WEB_API_2`.
fn variable_part(process: &ProcessName, index: u32) -> String {
    let part: String = process
        .as_str()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
        .collect();
    if index > 1 { format!("{part}_{index}") } else { part }
}

#[cfg(test)]
mod tests;
