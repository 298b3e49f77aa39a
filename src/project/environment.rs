//! The environment of one instance: what was inherited, what the files say, and what forge itself sets.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::{InstanceId, InstanceSpec, Origin, ProcessName, Project, Variable};

impl Project {
    /// Returns the whole environment of an instance, sorted by name.
    ///
    /// PORT, PS and the `FORGE_…` variables beat the env files (compat section 3). `FORGE_RUN_ID` is not in
    /// it: only the engine knows the launch.
    pub fn environment_of(&self, instance: &InstanceSpec) -> Vec<Variable> {
        let mut variables: BTreeMap<&[u8], Variable> =
            self.environment.iter().map(|variable| (variable.name.as_slice(), variable.clone())).collect();
        let own = self.set_by_forge(instance);
        for variable in &own {
            variables.insert(&variable.name, variable.clone());
        }
        variables.into_values().collect()
    }

    /// Returns what forge tells every process about where the others are: `FORGE_PORT_WEB` and
    /// `FORGE_URL_WEB` of each entry, and `FORGE_PORT_WEB_2` of its further instances.
    pub fn addresses(&self) -> Vec<Variable> {
        let Some(rule) = self.port_rule else { return Vec::new() };
        let first = self.processes.iter().map(|process| (process, 1));
        let further = self
            .instances
            .iter()
            .filter(|instance| instance.id.index > 1)
            .map(|instance| (&instance.process, instance.id.index));
        let mut variables: BTreeMap<String, u16> = BTreeMap::new();
        for (process, index) in first.chain(further) {
            let Ok(port) = rule.port_of(process.position, index) else { continue };
            variables.entry(variable_part(&process.name, index)).or_insert(port);
        }
        let ports = variables.iter().map(|(part, port)| forge(&format!("FORGE_PORT_{part}"), port));
        let urls = variables
            .iter()
            .map(|(part, port)| forge(&format!("FORGE_URL_{part}"), &format!("http://localhost:{port}")));
        ports.chain(urls).collect()
    }

    fn set_by_forge(&self, instance: &InstanceSpec) -> Vec<Variable> {
        let InstanceId { process, index } = &instance.id;
        let mut variables = self.addresses();
        variables.push(forge("FORGE_INSTANCE", index));
        variables.push(forge("FORGE_PROCESS", process));
        variables.push(forge("PS", &instance.id));
        variables.extend(instance.port.map(|port| forge("PORT", &port)));
        variables
    }
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
