use std::net::TcpListener;
use std::path::{Path, PathBuf};

use expect_test::expect;

use super::holder::{Holder, below_home, shown_command};
use super::{Listener, taken};

#[test]
fn a_port_is_taken_while_somebody_listens_on_it() {
    for address in ["127.0.0.1:0", "[::1]:0", "0.0.0.0:0"] {
        // Where there is no IPv6, there is nothing to see.
        let Ok(listener) = TcpListener::bind(address) else { continue };
        let port = listener.local_addr().expect("a bound socket has an address").port();
        assert!(taken(port), "{address} is taken");
        // Trying it a second time finds the same: nothing was left behind.
        assert!(taken(port), "{address} is still taken");
    }
    assert!(!taken(0));
}

#[test]
#[cfg(target_os = "linux")]
fn the_holder_of_a_port_is_found() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("a bound socket has an address").port();
    let holder = super::holder(port).expect("this test itself");
    assert_eq!(holder.pid.cast_unsigned(), std::process::id());
    assert!(holder.command.starts_with("forge-"), "{}", holder.command);
    assert_eq!(holder.directory.as_deref(), Some(Path::new(env!("CARGO_MANIFEST_DIR"))));
}

#[test]
#[cfg(target_os = "linux")]
fn a_table_of_the_kernel_is_read() {
    let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 123456 1 0 100 0 0 10 0
   1: 0100007F:1388 0100007F:C001 01 00000000:00000000 00:00000000 00000000  1000        0 654321 1 0 100 0 0 10 0
   2: 00000000000000000000000001000000:1388 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 77 1
   3: 0100007F:1389 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 9 1 0 100 0 0 10 0
   4: short
";
    assert_eq!(
        super::listeners::linux::listeners_of(table, Some(5000)),
        [(5000, Listener { inode: 123_456, user: 1000 }), (5000, Listener { inode: 77, user: 0 })]
    );
    let all = super::listeners::linux::listeners_of(table, None);
    assert_eq!(all.iter().map(|(port, _)| *port).collect::<Vec<_>>(), [5000, 5000, 5001]);
}

#[test]
fn a_command_line_is_shown_as_far_as_it_holds_no_secret() {
    let cases: [(&[u8], &str); 10] = [
        (b"/usr/bin/ruby\0bin/rails\0server\0-p\x005000\0", "ruby bin/rails server"),
        (b"puma 6.4.0 (tcp://localhost:3000) [shop]", "puma 6.4.0"),
        (b"python3\0-m\0http.server\0", "python3 -m http.server"),
        (b"mysqld\0--password=hunter2\0more\0", "mysqld"),
        (b"mysql\0-phunter2\0shop\0", "mysql"),
        (b"client\0user:hunter2@host\0", "client"),
        (b"server\0run\0all\0hunter2\0", "server run all"),
        (
            b"node\0/a/very/long/path/to/a/project/that/nobody/would/want/to/read/server.js\0",
            "node /a/very/long/path/to/a/project/that/nobody/would/want/…",
        ),
        (b"a\x1b[31mb\0", "a?[31mb"),
        (b"", ""),
    ];
    for (line, shown) in cases {
        assert_eq!(shown_command(line), shown);
    }
}

#[test]
fn a_holder_as_people_read_it() {
    let mut holder = Holder { pid: 4711, command: "ruby bin/rails server".into(), directory: None };
    expect!["pid 4711 (ruby bin/rails server)"].assert_eq(&holder.to_string());
    holder.directory = Some(PathBuf::from("/srv/shop"));
    expect!["pid 4711 (ruby bin/rails server, in /srv/shop)"].assert_eq(&holder.to_string());
    let home = Some(Path::new("/home/u"));
    assert_eq!(below_home(Path::new("/home/u/shop"), home), "~/shop");
    assert_eq!(below_home(Path::new("/home/u"), home), "~");
    assert_eq!(below_home(Path::new("/home/user"), home), "/home/user");
    assert_eq!(below_home(Path::new("/srv"), Some(Path::new("/"))), "/srv");
    assert_eq!(below_home(Path::new("/srv/a\nb"), None), "/srv/a?b");
}
