//! A one-node Ceph with its S3 gateway on free loopback ports: an S3 that nobody here wrote, with STS and SSE-KMS.
//!
//! One monitor, one in-memory OSD, one RGW, each a child process in the foreground, ended when dropped.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::stack::AwsCredentials;

/// What `apt-get install` calls the programs this needs.
pub const PACKAGES: &str = "ceph-mon ceph-osd radosgw ceph-common";

/// The SSE-KMS key the gateway's testing backend knows.
pub const KMS_KEY: &str = "testkey-1";

/// How long each daemon may take: far more than the 4 seconds it needs, for a machine that does other things.
const PATIENCE: Duration = Duration::from_secs(180);

/// Of a daemon's log, what a failure shows.
const LOG_LINES: usize = 20;

/// A running gateway.
#[derive(Debug)]
pub struct Ceph {
    /// Youngest first, so that the gateway ends before what it talks to.
    processes: Vec<Child>,
    folder: TempDir,
    /// `http://127.0.0.1:PORT`
    pub url: String,
    /// A user allowed to do everything.
    pub user: AwsCredentials,
}

impl Ceph {
    /// Starts the three daemons and one user; takes about 12 seconds.
    #[must_use]
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [messenger2, messenger1, gateway] = free_ports();
        let fsid = fs::read_to_string("/proc/sys/kernel/random/uuid")
            .unwrap()
            .trim()
            .to_owned();
        let monitor = format!("[v2:127.0.0.1:{messenger2},v1:127.0.0.1:{messenger1}]");
        let directory = folder.path();
        fs::write(
            directory.join("ceph.conf"),
            configuration(directory, &fsid, &monitor, gateway),
        )
        .unwrap();
        for name in ["run", "log", "mon.a", "osd.0"] {
            fs::create_dir(directory.join(name)).unwrap();
        }
        let mut ceph = Self {
            processes: Vec::new(),
            url: format!("http://127.0.0.1:{gateway}"),
            user: AwsCredentials {
                access_key_id: "AKKEYFRONTTEST".to_owned(),
                secret_access_key: "ceph-test-secret".to_owned(),
                session_token: None,
            },
            folder,
        };
        ceph.start_monitor(&fsid, &monitor);
        ceph.start_osd();
        ceph.admin(&[
            "user",
            "create",
            "--uid=t",
            "--display-name=t",
            "--access-key=AKKEYFRONTTEST",
            "--secret=ceph-test-secret",
        ]);
        ceph.spawn("radosgw", &["-f", "-n", "client.rgw"]);
        ceph.wait_until("radosgw", |_| {
            TcpStream::connect(("127.0.0.1", gateway)).is_ok()
        });
        ceph
    }

    /// Creates another user, who may do everything with buckets of its own.
    pub fn create_user(&self, name: &str, credentials: &AwsCredentials) {
        self.admin(&[
            "user",
            "create",
            &format!("--uid={name}"),
            &format!("--display-name={name}"),
            &format!("--access-key={}", credentials.access_key_id),
            &format!("--secret={}", credentials.secret_access_key),
        ]);
    }

    /// Creates a role the user may assume, with one permission policy. Returns its ARN.
    pub fn create_role(&self, name: &str, policy: &serde_json::Value) -> String {
        let trust = serde_json::json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam:::user/t"]}, "Action": ["sts:AssumeRole"]}]});
        self.admin(&[
            "role",
            "create",
            "--path=/",
            &format!("--role-name={name}"),
            &format!("--assume-role-policy-doc={trust}"),
        ]);
        self.admin(&[
            "role-policy",
            "put",
            &format!("--role-name={name}"),
            "--policy-name=p",
            &format!("--policy-doc={policy}"),
        ]);
        format!("arn:aws:iam:::role/{name}")
    }

    fn start_monitor(&mut self, fsid: &str, monitor: &str) {
        let everything = [
            "--cap", "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr", "allow *",
        ];
        self.keyring(&[
            "--create-keyring",
            "--gen-key",
            "-n",
            "mon.",
            "--cap",
            "mon",
            "allow *",
        ]);
        self.keyring(&[&["--gen-key", "-n", "client.admin"], &everything[..]].concat());
        self.keyring(&[&["--gen-key", "-n", "client.rgw"], &everything[..]].concat());
        self.run(
            Command::new("monmaptool")
                .args(["--create", "--addv", "a", monitor, "--fsid", fsid, "monmap"]),
        );
        self.run(self.tool("ceph-mon").args([
            "--mkfs",
            "-i",
            "a",
            "--monmap",
            "monmap",
            "--keyring",
            "keyring",
        ]));
        self.spawn("ceph-mon", &["-f", "-i", "a"]);
        self.wait_until("the monitor", |ceph| {
            ceph.tool("ceph")
                .args(["--connect-timeout", "5", "quorum_status"])
                .current_dir(ceph.folder.path())
                .stdin(Stdio::null())
                .output()
                .is_ok_and(|output| output.status.success())
        });
    }

    fn start_osd(&mut self) {
        let uuid = fs::read_to_string("/proc/sys/kernel/random/uuid")
            .unwrap()
            .trim()
            .to_owned();
        let secret =
            String::from_utf8(self.run(Command::new("ceph-authtool").arg("--gen-print-key")))
                .unwrap();
        let secret = secret.trim();
        let directory = self.folder.path();
        fs::write(
            directory.join("osd.0/keyring"),
            format!("[osd.0]\n\tkey = {secret}\n"),
        )
        .unwrap();
        fs::write(
            directory.join("osd.secret"),
            format!("{{\"cephx_secret\":\"{secret}\"}}"),
        )
        .unwrap();
        self.run(
            self.tool("ceph")
                .args(["osd", "new", &uuid, "0", "-i", "osd.secret"]),
        );
        self.run(
            self.tool("ceph-osd")
                .args(["-i", "0", "--mkfs", "--osd-uuid", &uuid]),
        );
        self.spawn("ceph-osd", &["-f", "-i", "0"]);
    }

    /// Waits for `ready`, and fails with the daemons' logs when one of them has ended or time is up.
    fn wait_until(&mut self, what: &str, ready: impl Fn(&Self) -> bool) {
        let started = Instant::now();
        while !ready(self) {
            let ended = (self.processes.iter_mut()).find_map(|process| process.try_wait().unwrap());
            assert!(
                ended.is_none() && started.elapsed() < PATIENCE,
                "{what} is not ready after {} s ({}):\n{}",
                started.elapsed().as_secs(),
                ended.map_or("every daemon runs".to_owned(), |status| format!(
                    "a daemon ended: {status}"
                )),
                self.logs()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// The last lines of each daemon's log.
    fn logs(&self) -> String {
        let files = fs::read_dir(self.folder.path().join("log")).unwrap();
        let files = files.map(|file| file.unwrap().path());
        files
            .map(|file| {
                let text = fs::read(&file).unwrap_or_default();
                let text = String::from_utf8_lossy(&text).into_owned();
                let lines: Vec<_> = text.lines().collect();
                let last = lines[lines.len().saturating_sub(LOG_LINES)..].join("\n");
                format!("{}:\n{last}\n", file.display())
            })
            .collect()
    }

    fn admin(&self, arguments: &[&str]) {
        self.run(
            self.tool("radosgw-admin")
                .args(["-n", "client.rgw"])
                .args(arguments),
        );
    }

    fn keyring(&self, arguments: &[&str]) {
        self.run(Command::new("ceph-authtool").arg("keyring").args(arguments));
    }

    fn tool(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.args(["-c", "ceph.conf"]);
        command
    }

    fn run(&self, command: &mut Command) -> Vec<u8> {
        let output = command
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output();
        let output = output
            .unwrap_or_else(|error| panic!("{command:?}: {error} (apt-get install {PACKAGES})"));
        assert!(
            output.status.success(),
            "{command:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    }

    fn spawn(&mut self, program: &str, arguments: &[&str]) {
        let child = self
            .tool(program)
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.processes.insert(0, child);
    }
}

impl Drop for Ceph {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn free_ports<const N: usize>() -> [u16; N] {
    // All are held until the last is known, so that they differ.
    let listeners = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

fn configuration(directory: &Path, fsid: &str, monitor: &str, gateway: u16) -> String {
    let directory = directory.display();
    format!(
        "[global]
fsid = {fsid}
keyring = {directory}/keyring
mon host = {monitor}
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
public network = 127.0.0.0/8
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
run dir = {directory}/run
admin socket = {directory}/run/$name.asok
log file = {directory}/log/$name.log
pid file = {directory}/run/$name.pid
[mon]
# Otherwise the monitor ends itself where the disk is 95 % full.
mon data avail crit = 0
mon data = {directory}/mon.$id
[osd]
keyring = {directory}/osd.$id/keyring
osd data = {directory}/osd.$id
osd objectstore = memstore
memstore device bytes = 536870912
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:{gateway}
rgw s3 auth use sts = true
rgw sts key = abcdefghijklmnop
rgw crypt require ssl = false
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = {KMS_KEY}=YmluCmJvb3N0CmJvb3N0LWJ1aWxkCmNlcGguY29uZgo=
"
    )
}
