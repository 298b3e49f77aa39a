//! What somebody who is attached types, on its way to the process.

use std::rc::Rc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::Keyboards;
use crate::control::frames::{Reason, Shown, Typed, Why};
use crate::project::InstanceId;
use crate::sys::pty::WindowSize;

impl Keyboards {
    /// The task that takes what one types, until he leaves or there is nothing to type into.
    pub(super) async fn listen(
        self,
        instance: InstanceId,
        id: u64,
        (mut typed, shown, mut showing): (mpsc::Receiver<Typed>, mpsc::Sender<Shown>, JoinHandle<()>),
    ) {
        loop {
            let next = tokio::select! {
                biased;
                _ = &mut showing => break,
                next = typed.recv() => next,
            };
            match next {
                Some(Typed::Keys(keys)) => {
                    if self.may_type(&instance, id)
                        && let Some(line) = self.line_of(&instance)
                    {
                        // Whoever types more than the process reads waits here, and nobody else.
                        tokio::select! {
                            () = line.types(&keys) => {}
                            _ = &mut showing => break,
                        }
                    }
                }
                Some(Typed::Window { columns, rows }) => {
                    self.window_is(&instance, id, WindowSize { rows, columns });
                }
                Some(Typed::Last) => {
                    if let Some(line) = self.line_of(&instance) {
                        tokio::select! {
                            () = line.flushed() => {}
                            _ = &mut showing => break,
                        }
                    }
                    showing.abort();
                    self.part(&instance, id);
                    // Whoever does not take it is gone.
                    let _ = shown.send(Shown::Exit(Why { why: Reason::Left })).await;
                    return;
                }
                None => {
                    showing.abort();
                    break;
                }
            }
        }
        self.part(&instance, id);
    }

    pub(super) fn may_type(&self, instance: &InstanceId, id: u64) -> bool {
        let state = self.0.state.borrow();
        let client = state.seats.get(instance).and_then(|seat| seat.attached.get(&id));
        client.is_some_and(|client| !client.read_only)
    }

    /// Somebody's window has another size, or what stands in it is to be drawn again.
    fn window_is(&self, instance: &InstanceId, id: u64, size: WindowSize) {
        let redraw = {
            let mut state = self.0.state.borrow_mut();
            let Some(client) = state.seats.get_mut(instance).and_then(|seat| seat.attached.get_mut(&id))
            else {
                return;
            };
            let size = Some(size).filter(|size| size.rows > 0 && size.columns > 0);
            if std::mem::replace(&mut client.window, size) == size {
                Some(Rc::clone(&client.redraw))
            } else {
                None
            }
        };
        match redraw {
            Some(redraw) => redraw.notify_one(),
            None => drop(self.settle(instance)),
        }
    }
}
