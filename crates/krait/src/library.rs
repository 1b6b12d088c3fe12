//! The files of the embedded library, for everything that opens them by path.

use std::borrow::Cow;

use krait_host::mount::{Node, Tree};
use krait_lib::Entry;

struct Library;

fn file(entry: Entry) -> Node {
    Node::File(entry.size())
}

impl Tree for Library {
    fn find(&self, path: &str) -> Option<Node> {
        match krait_lib::find(path) {
            Some(entry) => Some(file(entry)),
            None => krait_lib::is_dir(path).then_some(Node::Folder),
        }
    }

    fn list(&self, path: &str) -> Vec<(&'static str, Node)> {
        let rows = krait_lib::list_dir(path);
        rows.into_iter()
            .map(|(name, entry)| (name, entry.map_or(Node::Folder, file)))
            .collect()
    }

    fn read(&self, path: &str) -> Option<Cow<'static, [u8]>> {
        krait_lib::find(path).map(Entry::source)
    }
}

/// Serves the library's files under a folder. An interpreter that is started later in the process
/// has the same library in the same place.
pub(crate) fn mount(root: &[u8]) {
    let _first = krait_host::mount::mount(root, &Library);
}
