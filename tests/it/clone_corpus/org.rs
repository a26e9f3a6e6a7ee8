//! An emulated org with a real administrator in it, and the manifest that clones that.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use orgwright::apply::{self, Applied, ApplyOptions};
use orgwright::manifest::{self, Manifest};
use orgwright::org::{self, Reader, Target, Writer};
use orgwright::plan::Plan;
use orgwright::secret::Secret;
use orgwright::verify::Sample;
use orgwright::{archive, observe, plan, xml};
use salesforce_emulator as emulator;

/// A file to seed the org with.
pub(crate) struct File<'a> {
    name: String,
    text: &'a str,
}

impl<'a> File<'a> {
    pub(crate) fn new(name: &str, text: &'a str) -> Self {
        let name = name.to_owned();
        Self { name, text }
    }

    /// A profile by its API name.
    pub(crate) fn profile(name: &str, text: &'a str) -> Self {
        Self::new(&format!("{name}.profile-meta.xml"), text)
    }
}

/// An org seeded with files, where these faults happen.
pub(crate) struct Org {
    folder: tempfile::TempDir,
    server: emulator::Server,
    pub(crate) reader: Reader,
}

impl Org {
    pub(crate) async fn start(files: &[File<'_>], faults: &str) -> Self {
        Self::start_with(files, faults, Duration::ZERO).await
    }

    /// The same, where a deploy takes so long.
    pub(crate) async fn start_with(
        files: &[File<'_>],
        faults: &str,
        deploy_time: Duration,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut seeds = Vec::new();
        for file in files {
            let seed = folder.path().join(&file.name);
            std::fs::write(&seed, file.text).unwrap();
            seeds.push(seed);
        }
        let failing = folder.path().join("faults.json");
        std::fs::write(&failing, faults).unwrap();
        let options = emulator::Options {
            seeds,
            deploy_time,
            faults: Some(failing),
            log: Some(folder.path().join("requests.log")),
            ..emulator::Options::default()
        };
        let server = emulator::start(options).await.unwrap();
        let target = Target::Url {
            base_url: server.base_url().to_owned(),
            token: Secret::new(server.access_token()),
        };
        let reader = org::connect(target, org::Options::default()).await.unwrap();
        Self {
            folder,
            server,
            reader,
        }
    }

    /// Plans and applies.
    pub(crate) async fn apply(&self, manifests: &[Manifest]) -> Applied {
        let facts = observe::observe(manifests, &self.reader).await.unwrap();
        let planned = plan::plan(manifests, &facts).unwrap();
        self.carry_out(&planned, manifests, Duration::from_secs(60))
            .await
    }

    /// The files of the package that waits in the org's queue.
    pub(crate) fn queued_files(&self) -> BTreeMap<String, Vec<u8>> {
        let org = self.server.org();
        let job = org.deploys.values().next().expect("a deploy");
        let zip = job.detail["zip"].as_str().expect("its package");
        archive::unpack(&STANDARD.decode(zip).expect("base64")).expect("a zip")
    }

    /// Applies a plan, and waits so long for what the org takes its time for.
    pub(crate) async fn carry_out(
        &self,
        planned: &Plan,
        manifests: &[Manifest],
        wait: Duration,
    ) -> Applied {
        let options = ApplyOptions {
            wait,
            rehearse: false,
            sample: Sample::ALL,
            ..ApplyOptions::default()
        };
        let writer = Writer::new(self.reader.clone());
        apply::apply(planned, manifests, &writer, options, &mut |_| ()).await
    }

    /// A profile as the org gives it back.
    pub(crate) async fn profile(&self, full_name: &str) -> String {
        let names = [full_name.to_owned()];
        let mut found = self.reader.read_metadata("Profile", &names).await.unwrap();
        xml::write(&found.remove(0).unwrap()).unwrap()
    }

    /// How many requests went to a path that contains this.
    pub(crate) fn asked(&self, path: &str) -> usize {
        let log = std::fs::read_to_string(self.folder.path().join("requests.log")).unwrap();
        log.lines().filter(|line| line.contains(path)).count()
    }

    pub(crate) async fn stop(self) {
        self.server.stop().await;
    }
}

/// The sample manifest, with these settings laid over it.
pub(crate) fn manifest(settings: &[String]) -> Vec<Manifest> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/clone.yaml");
    manifest::load(&[file], &[], settings, &|_| None).unwrap()
}

/// A manifest by its text.
pub(crate) fn manifest_of(text: &str) -> Vec<Manifest> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("manifest.yaml");
    std::fs::write(&file, text).unwrap();
    manifest::load(&[file], &[], &[], &|_| None).unwrap()
}

/// Clones the profile by the sample manifest and reads the clone back.
pub(crate) async fn cloned(seed: File<'_>, source: &str, faults: &str) -> String {
    let manifests = manifest(&[format!("spec.profile.cloneFrom={source}")]);
    let org = Org::start(&[seed], faults).await;
    let applied = org.apply(&manifests).await;
    assert!(applied.failure.is_none(), "{:?}", applied.failure);
    let facts = observe::observe(&manifests, &org.reader).await.unwrap();
    let again = plan::plan(&manifests, &facts).unwrap();
    assert!(again.is_empty(), "{:?}", again.changes);
    let profile = org.profile("HubSpot Copy").await;
    org.stop().await;
    profile
}
