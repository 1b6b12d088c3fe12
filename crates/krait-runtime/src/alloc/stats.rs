//! The heap's own account of what it holds, as `sys._debugmallocstats()` prints it.

use std::fmt;

/// The blocks of one size.
#[derive(Clone, Copy, Debug)]
pub struct ClassStats {
    /// The bytes of a block.
    pub size: usize,
    /// Pages that are cut into such blocks.
    pub pages: usize,
    /// Blocks in use.
    pub used: usize,
    /// Blocks that were used and are free again.
    pub free: usize,
    /// Blocks that a page has room for and that were never used.
    pub uncut: usize,
}

/// What the heap holds.
#[derive(Clone, Debug)]
pub struct Stats {
    /// The largest small block.
    pub threshold: usize,
    /// The small blocks, by size.
    pub classes: Vec<ClassStats>,
    /// Bytes in the pages of small blocks.
    pub page_bytes: usize,
    /// The bytes of a page.
    pub page_size: usize,
    /// Addresses that are reserved for pages.
    pub reserved_bytes: usize,
    /// How many large blocks there are.
    pub large_blocks: usize,
    /// Bytes in large blocks.
    pub large_bytes: usize,
    /// The limit on the heap, in bytes.
    pub limit: Option<usize>,
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Small block threshold = {}, in {} size classes.\n",
            self.threshold,
            self.classes.len()
        )?;
        writeln!(
            f,
            "class   size   pages   blocks in use   free blocks   unused blocks"
        )?;
        writeln!(
            f,
            "-----   ----   -----   -------------   -----------   -------------"
        )?;
        let (mut used, mut used_bytes, mut free_bytes, mut unused_bytes) = (0, 0, 0, 0);
        for (index, class) in self.classes.iter().enumerate() {
            used += class.used;
            used_bytes += class.used * class.size;
            free_bytes += class.free * class.size;
            unused_bytes += class.uncut * class.size;
            if class.pages != 0 {
                writeln!(
                    f,
                    "{index:5} {:6} {:7} {:15} {:13} {:15}",
                    class.size, class.pages, class.used, class.free, class.uncut
                )?;
            }
        }
        let mut line = |what: &str, value: usize| writeln!(f, "{what:<44} = {value:>16}");
        line("\n# small blocks in use", used)?;
        line("# bytes in small blocks in use", used_bytes)?;
        line("# bytes in free small blocks", free_bytes)?;
        line("# bytes in small blocks never used", unused_bytes)?;
        let pages = self.page_bytes / self.page_size.max(1);
        line(
            &format!("# bytes in {pages} pages of {}", self.page_size),
            self.page_bytes,
        )?;
        line(
            "# bytes of addresses reserved for pages",
            self.reserved_bytes,
        )?;
        line("# large blocks in use", self.large_blocks)?;
        line("# bytes in large blocks in use", self.large_bytes)?;
        if let Some(limit) = self.limit {
            line("# bytes that the heap may have", limit)?;
        }
        Ok(())
    }
}
