//! Keys and aliases in the state: records in the clear, material sealed under the root key.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};
use std::time::SystemTime;

use keyfront_dev_ground::state::{State, StateError};
use redb::{ReadableTable, TableDefinition, WriteTransaction};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::KmsError;
use super::key::{Key, KeyState};
use super::key_id::KeyName;
use super::key_policy;
use super::material::KeyMaterial;
use super::stored_key::StoredKey;

const KEYS: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("kms keys");
const MATERIAL: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("kms key material");
const ALIASES: TableDefinition<'static, &str, &str> = TableDefinition::new("kms aliases");

#[derive(Debug, Default)]
struct Contents {
    keys: BTreeMap<Uuid, Arc<StoredKey>>,
    aliases: BTreeMap<String, Uuid>,
}

/// All keys, in memory as in the state.
#[derive(Debug)]
pub(super) struct KeyStore {
    state: Arc<State>,
    contents: RwLock<Contents>,
}

impl KeyStore {
    pub(super) fn open(state: Arc<State>) -> Result<Self, KmsError> {
        let contents = load(&state)?;
        Ok(Self {
            state,
            contents: RwLock::new(contents),
        })
    }

    /// The key of that name, unless its deletion is due.
    pub(super) fn find(&self, name: &KeyName, now: SystemTime) -> Option<Arc<StoredKey>> {
        let contents = self.contents.read().unwrap_or_else(PoisonError::into_inner);
        let id = match name {
            KeyName::Id(id) => id,
            KeyName::Alias(alias) => contents.aliases.get(alias)?,
        };
        let stored = contents.keys.get(id)?;
        (!is_due(&stored.key, now)).then(|| Arc::clone(stored))
    }

    pub(super) fn keys(&self, now: SystemTime) -> Vec<Arc<StoredKey>> {
        let contents = self.contents.read().unwrap_or_else(PoisonError::into_inner);
        let alive = contents.keys.values().filter(|s| !is_due(&s.key, now));
        alive.cloned().collect()
    }

    /// Aliases with the ids of their keys, sorted by name.
    pub(super) fn aliases(&self) -> Vec<(String, Uuid)> {
        let contents = self.contents.read().unwrap_or_else(PoisonError::into_inner);
        let all = contents.aliases.iter();
        all.map(|(name, id)| (name.clone(), *id)).collect()
    }

    pub(super) fn aliases_of(&self, id: Uuid) -> Vec<String> {
        let all = self.aliases().into_iter();
        all.filter(|(_, target)| *target == id)
            .map(|(name, _)| name)
            .collect()
    }

    /// Keeps a new key, and destroys the material of those whose deletion is due.
    pub(super) fn insert(&self, stored: StoredKey, now: SystemTime) -> Result<(), KmsError> {
        let id = stored.key.id;
        let purpose = material_purpose(&id.to_string());
        let sealed = self.state.seal(&purpose, &stored.material.to_bytes()?)?;
        let write = self.state.begin_write()?;
        let mut contents = self.lock();
        let due = destroy_due(&write, &contents, now)?;
        write_record(&write, &stored.key)?;
        {
            let mut material = write.open_table(MATERIAL).map_err(StateError::from)?;
            material
                .insert(id.to_string().as_str(), sealed.as_slice())
                .map_err(StateError::from)?;
        }
        write.commit().map_err(StateError::from)?;
        forget(&mut contents, &due);
        contents.keys.insert(id, Arc::new(stored));
        Ok(())
    }

    /// Changes the record of a key by `change`, which may refuse.
    pub(super) fn update(
        &self,
        id: Uuid,
        change: impl FnOnce(&mut Key) -> Result<(), KmsError>,
    ) -> Result<Key, KmsError> {
        let write = self.state.begin_write()?;
        let mut contents = self.lock();
        let not_found = || KmsError::NotFound(id.to_string());
        let old = contents.keys.get(&id).ok_or_else(not_found)?;
        let mut key = old.key.clone();
        change(&mut key)?;
        let changed = StoredKey {
            policy: key_policy::parse(&key.policy)?,
            material: Arc::clone(&old.material),
            key: key.clone(),
        };
        write_record(&write, &key)?;
        write.commit().map_err(StateError::from)?;
        contents.keys.insert(id, Arc::new(changed));
        Ok(key)
    }

    pub(super) fn insert_alias(&self, alias: &str, id: Uuid) -> Result<(), KmsError> {
        let write = self.state.begin_write()?;
        let mut contents = self.lock();
        if contents.aliases.contains_key(alias) {
            return Err(KmsError::AlreadyExists(alias.to_owned()));
        }
        {
            let mut aliases = write.open_table(ALIASES).map_err(StateError::from)?;
            aliases
                .insert(alias, id.to_string().as_str())
                .map_err(StateError::from)?;
        }
        write.commit().map_err(StateError::from)?;
        contents.aliases.insert(alias.to_owned(), id);
        Ok(())
    }

    pub(super) fn remove_alias(&self, alias: &str) -> Result<(), KmsError> {
        let write = self.state.begin_write()?;
        let mut contents = self.lock();
        if !contents.aliases.contains_key(alias) {
            return Err(KmsError::NotFound(alias.to_owned()));
        }
        {
            let mut aliases = write.open_table(ALIASES).map_err(StateError::from)?;
            aliases.remove(alias).map_err(StateError::from)?;
        }
        write.commit().map_err(StateError::from)?;
        contents.aliases.remove(alias);
        Ok(())
    }

    /// Call it with the state's writer in hand and not before: whoever waits for the writer must not
    /// keep others from reading keys, since they may hold the writer.
    fn lock(&self) -> RwLockWriteGuard<'_, Contents> {
        self.contents
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Destroys the material of keys whose deletion is due.
    pub(super) fn sweep(&self, now: SystemTime) -> Result<(), KmsError> {
        let write = self.state.begin_write()?;
        let mut contents = self.lock();
        let due = destroy_due(&write, &contents, now)?;
        if !due.is_empty() {
            write.commit().map_err(StateError::from)?;
            forget(&mut contents, &due);
        }
        Ok(())
    }
}

fn is_due(key: &Key, now: SystemTime) -> bool {
    matches!(key.state, KeyState::PendingDeletion { at } if at <= now)
}

fn material_purpose(id: &str) -> String {
    format!("kms key {id}")
}

fn write_record(write: &WriteTransaction, key: &Key) -> Result<(), KmsError> {
    let id = key.id.to_string();
    let record = serde_json::to_vec(key).map_err(|_| KmsError::StoredKey(id.clone()))?;
    let mut keys = write.open_table(KEYS).map_err(StateError::from)?;
    keys.insert(id.as_str(), record.as_slice())
        .map_err(StateError::from)?;
    Ok(())
}

fn destroy_due(
    write: &WriteTransaction,
    contents: &Contents,
    now: SystemTime,
) -> Result<Vec<Uuid>, KmsError> {
    let all = contents.keys.values();
    let due = all.filter(|s| is_due(&s.key, now)).map(|s| s.key.id);
    let due: Vec<Uuid> = due.collect();
    let mut keys = write.open_table(KEYS).map_err(StateError::from)?;
    let mut material = write.open_table(MATERIAL).map_err(StateError::from)?;
    let mut aliases = write.open_table(ALIASES).map_err(StateError::from)?;
    for id in &due {
        keys.remove(id.to_string().as_str())
            .map_err(StateError::from)?;
        material
            .remove(id.to_string().as_str())
            .map_err(StateError::from)?;
        for (alias, _) in contents.aliases.iter().filter(|(_, target)| *target == id) {
            aliases.remove(alias.as_str()).map_err(StateError::from)?;
        }
    }
    Ok(due)
}

fn forget(contents: &mut Contents, due: &[Uuid]) {
    contents.keys.retain(|id, _| !due.contains(id));
    contents.aliases.retain(|_, id| !due.contains(id));
}

fn load(state: &State) -> Result<Contents, KmsError> {
    let write = state.begin_write()?;
    let mut contents = Contents::default();
    {
        let keys = write.open_table(KEYS).map_err(StateError::from)?;
        let material = write.open_table(MATERIAL).map_err(StateError::from)?;
        let aliases = write.open_table(ALIASES).map_err(StateError::from)?;
        for row in keys.iter().map_err(StateError::from)? {
            let (id, record) = row.map_err(StateError::from)?;
            let unreadable = || KmsError::StoredKey(id.value().to_owned());
            let key: Key = serde_json::from_slice(record.value()).map_err(|_| unreadable())?;
            let sealed = material.get(id.value()).map_err(StateError::from)?;
            let sealed = sealed.ok_or_else(unreadable)?;
            let opened: Zeroizing<Vec<u8>> =
                state.unseal(&material_purpose(id.value()), sealed.value())?;
            let material = KeyMaterial::from_bytes(key.spec, &opened).ok_or_else(unreadable)?;
            let stored = StoredKey {
                policy: key_policy::parse(&key.policy)?,
                material: Arc::new(material),
                key,
            };
            contents.keys.insert(stored.key.id, Arc::new(stored));
        }
        for row in aliases.iter().map_err(StateError::from)? {
            let (alias, id) = row.map_err(StateError::from)?;
            let target = Uuid::try_parse(id.value())
                .map_err(|_| KmsError::StoredKey(id.value().to_owned()))?;
            contents.aliases.insert(alias.value().to_owned(), target);
        }
    }
    write.commit().map_err(StateError::from)?;
    Ok(contents)
}
