//! The machine images of all regions, found by id, by name and by family.
//! Main type: `Images`. A start looks all three up, so none may take longer the more images there are.

use super::pipeline::System;
use super::resource::ResourceKey;
use std::collections::HashMap;

/// A machine image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Image {
    pub(super) name: String,
    pub(super) family: Option<String>,
    pub(super) system: System,
}

/// Every image. A name or a family is found under its region, as an id is.
#[derive(Debug, Default)]
pub(super) struct Images {
    by_id: HashMap<ResourceKey, Image>,
    /// How many images have a name.
    named: HashMap<ResourceKey, usize>,
    /// The ids of a family's images.
    families: HashMap<ResourceKey, Vec<String>>,
}

impl Images {
    pub(super) fn get(&self, place: &ResourceKey) -> Option<&Image> {
        self.by_id.get(place)
    }

    /// The newest image of the family.
    pub(super) fn of_family(&self, family: &ResourceKey) -> Option<&Image> {
        let id = self.families.get(family)?.last()?;
        self.by_id.get(&(family.0.clone(), id.clone()))
    }

    pub(super) fn has_name(&self, name: &ResourceKey) -> bool {
        self.named.contains_key(name)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Adds an image, in place of one that has its id.
    pub(super) fn add(&mut self, place: ResourceKey, image: Image) {
        self.remove(&place);
        let (region, id) = &place;
        *self.named.entry((region.clone(), image.name.clone())).or_default() += 1;
        if let Some(family) = &image.family {
            self.families.entry((region.clone(), family.clone())).or_default().push(id.clone());
        }
        self.by_id.insert(place, image);
    }

    pub(super) fn remove(&mut self, place: &ResourceKey) {
        let Some(image) = self.by_id.remove(place) else { return };
        let (region, id) = place;
        let name = (region.clone(), image.name);
        if let Some(count) = self.named.get_mut(&name) {
            *count -= 1;
            if *count == 0 {
                self.named.remove(&name);
            }
        }
        let Some(family) = image.family.map(|family| (region.clone(), family)) else { return };
        if let Some(ids) = self.families.get_mut(&family) {
            ids.retain(|known| known != id);
            if ids.is_empty() {
                self.families.remove(&family);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Image, Images};
    use crate::reference::pipeline::System;

    fn at(name: &str) -> (String, String) {
        ("here".to_owned(), name.to_owned())
    }

    fn image(name: &str, family: Option<&str>) -> Image {
        Image { name: name.to_owned(), family: family.map(str::to_owned), system: System::Linux }
    }

    #[test]
    fn names_and_families_last_as_long_as_one_of_their_images() {
        let mut images = Images::default();
        images.add(at("1"), image("name", Some("family")));
        images.add(at("2"), image("name", Some("family")));
        images.remove(&at("2"));
        images.remove(&at("2"));
        assert!(images.has_name(&at("name")));
        assert_eq!(images.of_family(&at("family")), images.get(&at("1")));
        assert!(!images.has_name(&("there".to_owned(), "name".to_owned())));
        images.remove(&at("1"));
        assert!(!images.has_name(&at("name")));
        assert_eq!(images.of_family(&at("family")), None);
        assert!(images.named.is_empty() && images.families.is_empty());
    }

    #[test]
    fn an_image_takes_the_place_of_its_namesake() {
        let mut images = Images::default();
        images.add(at("1"), image("old", Some("family")));
        images.add(at("1"), image("new", None));
        assert_eq!(["old", "new"].map(|name| images.has_name(&at(name))), [false, true]);
        assert_eq!(images.of_family(&at("family")), None);
    }
}
