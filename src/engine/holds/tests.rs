use std::fs::File;
use std::io::Write;

use super::{Channels, Ends, Hold, make};
use crate::logs::Channel;
use crate::sys::descriptor;
use crate::sys::pty::WindowSize;

/// Lets a process say one word on each output and returns what is heard where.
fn heard(hold: Hold, channels: Channels) -> Vec<(Channel, String)> {
    let Ends { standard: [_input, out, error], outputs, kept: _kept } =
        make(hold, channels, WindowSize { rows: 24, columns: 80 }).expect("descriptors");
    // Open until all is read: a terminal forgets what was written when its last other side is gone.
    let (mut out, mut error) = (File::from(out), File::from(error));
    out.write_all(b"out;").and_then(|()| error.write_all(b"error;")).expect("readers");
    let read = |channel| {
        move |output| {
            let expected = match channel {
                Channel::Both => "out;error;",
                Channel::Out => "out;",
                Channel::Error => "error;",
            };
            let (mut words, mut length) = ([0; 100], 0);
            // A terminal hands over what was written when it likes, and not always all of it at once.
            while length < expected.len() {
                length += descriptor::read(output, &mut words[length..]).expect("words");
            }
            String::from_utf8_lossy(&words[..length]).into_owned()
        }
    };
    outputs.iter().map(|(channel, output)| (*channel, read(*channel)(output))).collect()
}

#[test]
fn outputs_come_together_or_apart() {
    for hold in [Hold::Full, Hold::Line, Hold::Pipe] {
        assert_eq!(heard(hold, Channels::Together), [(Channel::Both, "out;error;".to_owned())], "{hold:?}");
        assert_eq!(
            heard(hold, Channels::Apart),
            [(Channel::Out, "out;".to_owned()), (Channel::Error, "error;".to_owned())],
            "{hold:?}"
        );
    }
}
