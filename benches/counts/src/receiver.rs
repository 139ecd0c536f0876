//! An OTLP receiver that allocates nothing for a request.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

const RESPONSE: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";

/// Starts a receiver on loopback that accepts everything, and returns its endpoint.
///
/// Its threads run until the process ends.
///
/// # Errors
///
/// Fails if no port can be opened.
pub fn start_receiver() -> io::Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let endpoint = format!("http://{}/v1/traces", listener.local_addr()?);
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            // a connection that breaks is the client's concern
            thread::spawn(move || serve(connection));
        }
    });
    Ok(endpoint)
}

fn serve(mut connection: TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    let mut filled = 0;
    loop {
        let read = connection.read(buffer.get_mut(filled..).unwrap_or_default())?;
        if read == 0 {
            return Ok(());
        }
        filled += read;
        let received = buffer.get(..filled).unwrap_or_default();
        let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let mut body = content_length(received.get(..end).unwrap_or_default());
        body = body.saturating_sub(filled - (end + 4));
        while body > 0 {
            let part = body.min(buffer.len());
            let read = connection.read(buffer.get_mut(..part).unwrap_or_default())?;
            if read == 0 {
                return Ok(());
            }
            body -= read;
        }
        connection.write_all(RESPONSE)?;
        filled = 0;
    }
}

fn content_length(head: &[u8]) -> usize {
    const NAME: &[u8] = b"content-length:";
    let lines = head.split(|&byte| byte == b'\n');
    let mut values =
        lines.filter(|line| line.get(..NAME.len()).is_some_and(|start| start.eq_ignore_ascii_case(NAME)));
    let digits = values.next().unwrap_or_default().iter().filter(|byte| byte.is_ascii_digit());
    digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
}
