//! What a person sees who sits at the terminal of a forge under test: an emulator is fed with all that comes.

use std::sync::Arc;

use crate::running::Running;
use crate::watch::{Known, Stream, Watch};

/// The screen of a terminal.
pub(crate) struct Screen<'a> {
    forge: &'a Running,
    watch: Arc<Watch>,
    emulator: avt::Terminal,
    /// How much of the output it has been fed with.
    fed: usize,
}

impl Running {
    /// Looks at forge's terminal, whose window has this size.
    pub(crate) fn screen(&self, columns: u16, rows: u16) -> Screen<'_> {
        let emulator = avt::Terminal::with_scrollback(columns.into(), rows.into(), None).expect("a size");
        Screen { forge: self, watch: Arc::clone(&self.watch), emulator, fed: 0 }
    }
}

impl Screen<'_> {
    /// Waits until a row of the window contains this.
    pub(crate) fn shows(&mut self, text: &str) -> &mut Self {
        self.until(&format!("{text:?} on the screen"), |rows| rows.iter().any(|row| row.contains(text)))
    }

    /// Waits until the last row contains this.
    pub(crate) fn bar_shows(&mut self, text: &str) -> &mut Self {
        self.until(&format!("{text:?} in the bar"), |rows| rows.last().is_some_and(|row| row.contains(text)))
    }

    /// Waits until nothing in the window contains this.
    pub(crate) fn hides(&mut self, text: &str) -> &mut Self {
        self.until(&format!("no {text:?} on the screen"), |rows| !rows.iter().any(|row| row.contains(text)))
    }

    /// Presses keys.
    pub(crate) fn types(&mut self, keys: &str) -> &mut Self {
        self.forge.types(keys);
        self
    }

    /// Gives the window another size.
    pub(crate) fn resizes(&mut self, columns: u16, rows: u16) -> &mut Self {
        let Screen { watch, emulator, fed, .. } = self;
        watch.learn(|known| feed(known, emulator, fed));
        emulator.resize(columns.into(), rows.into());
        self.forge.terminal().resize(columns, rows);
        self
    }

    /// Returns the rows of the window.
    pub(crate) fn window(&mut self) -> Vec<String> {
        let Screen { watch, emulator, fed, .. } = self;
        watch.learn(|known| feed(known, emulator, fed));
        rows(emulator)
    }

    /// Returns all rows that have been there, those above the window first.
    pub(crate) fn history(&mut self) -> Vec<String> {
        let Screen { watch, emulator, fed, .. } = self;
        watch.learn(|known| feed(known, emulator, fed));
        emulator.screen().all_lines().map(|line| line.text().trim_end().to_owned()).collect()
    }

    /// Returns the row and the column of the cursor, counted from 0.
    pub(crate) fn cursor(&mut self) -> (usize, usize) {
        self.window();
        let cursor = self.emulator.cursor();
        (cursor.row, cursor.col)
    }

    /// Waits until the rows of the window are right.
    pub(crate) fn until(&mut self, what: &str, is_right: impl Fn(&[String]) -> bool) -> &mut Self {
        let Screen { watch, emulator, fed, .. } = self;
        let hope = |known: &Known| known.streams_open > 0;
        watch.wait_while(what, hope, |known| {
            feed(known, emulator, fed);
            is_right(&rows(emulator)).then_some(())
        });
        self
    }
}

fn feed(known: &Known, emulator: &mut avt::Terminal, fed: &mut usize) {
    let Some(output) = known.output.get(&Stream::Out) else { return };
    // A character may not have come to its end.
    let new = &output[*fed..];
    let text = match std::str::from_utf8(new) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&new[..error.valid_up_to()]).expect("valid up to there"),
    };
    emulator.feed(text);
    *fed += text.len();
}

fn rows(emulator: &avt::Terminal) -> Vec<String> {
    emulator.screen().visible_lines().map(|line| line.text().trim_end().to_owned()).collect()
}
