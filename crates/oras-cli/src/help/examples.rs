//! Examples for each command. Tests run all of them.

/// A description, and the command line.
type Example = (&'static str, &'static str);

/// Returns the examples of the command `path`.
pub(super) fn of(path: &str) -> &'static [Example] {
    let found = EXAMPLES.iter().find(|(command, _)| *command == path);
    found.map_or(&[], |(_, examples)| examples)
}

const EXAMPLES: &[(&str, &[Example])] = &[
    ("push", PUSH),
    ("pull", PULL),
    ("attach", ATTACH),
    ("discover", DISCOVER),
    ("cp", CP),
    ("sync", SYNC),
    ("backup", BACKUP),
    ("restore", RESTORE),
    ("verify", VERIFY),
    ("tag", TAG),
    ("resolve", RESOLVE),
    ("manifest fetch", MANIFEST_FETCH),
    ("manifest fetch-config", MANIFEST_FETCH_CONFIG),
    ("manifest push", MANIFEST_PUSH),
    ("manifest delete", MANIFEST_DELETE),
    ("manifest index create", INDEX_CREATE),
    ("manifest index update", INDEX_UPDATE),
    ("blob fetch", BLOB_FETCH),
    ("blob push", BLOB_PUSH),
    ("blob delete", BLOB_DELETE),
    ("repo ls", REPO_LS),
    ("repo tags", REPO_TAGS),
    ("repo delete", REPO_DELETE),
    ("repo prune", REPO_PRUNE),
    ("layout gc", LAYOUT_GC),
    ("layout check", LAYOUT_CHECK),
    ("layout repair", LAYOUT_REPAIR),
    ("login", LOGIN),
    ("logout", LOGOUT),
    ("auth status", AUTH_STATUS),
    ("config explain", CONFIG_EXPLAIN),
    ("registry serve", SERVE),
    ("completion", COMPLETION),
    ("version", VERSION),
];

const PUSH: &[Example] = &[
    (
        "A file, with its media type",
        "oras push localhost:5000/hello:v1 hello.txt:text/plain",
    ),
    (
        "A file and a folder, with several tags and an artifact type",
        "oras push localhost:5000/hello:v1,latest --artifact-type application/vnd.example hello.txt docs",
    ),
    (
        "With annotations",
        "oras push localhost:5000/hello:v1 hello.txt -a org.opencontainers.image.source=https://example.com/hello",
    ),
    (
        "The output of another program",
        "date | oras push localhost:5000/hello:v1 - --stdin-name date.txt --stdin-type text/plain",
    ),
    (
        "Into an OCI image layout",
        "oras push --oci-layout layout:v2 hello.txt",
    ),
    (
        "In a script that needs the digest",
        "oras push localhost:5000/hello:v1 hello.txt --format go-template='{{.digest}}'",
    ),
];

const PULL: &[Example] = &[
    ("Into the current folder", "oras pull localhost:5000/hello:v1"),
    ("Into another folder", "oras pull localhost:5000/hello:v1 -o out"),
    (
        "One file of several",
        "oras pull localhost:5000/hello:v1 --file hello.txt -o out",
    ),
    (
        "To another program",
        "oras pull localhost:5000/hello:v1 --file hello.txt -o - | cat",
    ),
    (
        "From an OCI image layout",
        "oras pull --oci-layout layout:v1 -o out",
    ),
    (
        "In a script that needs the paths",
        "oras pull localhost:5000/hello:v1 -o out --format json",
    ),
];

const ATTACH: &[Example] = &[
    (
        "A file, such as an SBOM",
        "oras attach localhost:5000/hello:v1 --artifact-type application/spdx+json sbom.json:application/json",
    ),
    (
        "Only annotations",
        "oras attach localhost:5000/hello:v1 --artifact-type application/vnd.example.review -a reviewed-by=ann",
    ),
    (
        "To the manifest for one platform in an index",
        "oras attach localhost:5000/hello:multi --platform linux/arm64 --artifact-type application/spdx+json sbom.json",
    ),
    (
        "To an artifact in an OCI image layout",
        "oras attach --oci-layout layout:v1 --artifact-type application/spdx+json sbom.json",
    ),
];

const DISCOVER: &[Example] = &[
    (
        "All referrers, as a tree",
        "oras discover localhost:5000/hello:v1",
    ),
    (
        "Only signatures, for a program",
        "oras discover localhost:5000/hello:v1 --artifact-type application/vnd.example.signature --format json",
    ),
    (
        "Referrers of the manifest for one platform",
        "oras discover localhost:5000/hello:multi --platform linux/amd64",
    ),
    ("In an OCI image layout", "oras discover --oci-layout layout:v1"),
];

const CP: &[Example] = &[
    (
        "To another repository",
        "oras cp localhost:5000/hello:v1 localhost:5000/mirror/hello:v1",
    ),
    (
        "With all its referrers",
        "oras cp -r localhost:5000/hello:v1 localhost:5000/mirror/hello:v1",
    ),
    (
        "Into an archive, to move it offline",
        "oras cp localhost:5000/hello:v1 --to-oci-layout hello.tar:v1",
    ),
    (
        "From an OCI image layout",
        "oras cp --from-oci-layout layout:v1 localhost:5000/mirror/hello:v1",
    ),
    (
        "Some platforms of an index",
        "oras cp localhost:5000/hello:multi localhost:5000/mirror/hello:multi --platform linux/amd64,linux/arm64",
    ),
    (
        "All tags of a repository that match a pattern",
        "oras cp --all-tags --match 'v*' localhost:5000/hello localhost:5000/mirror/hello",
    ),
    (
        "What would be copied",
        "oras cp localhost:5000/hello:v1 localhost:5000/mirror/hello:v1 --dry-run",
    ),
];

const SYNC: &[Example] = &[
    ("What a plan would do", "oras sync -f mirror.yaml --dry-run"),
    (
        "Sync, and record the state for the next run",
        "oras sync -f mirror.yaml --state mirror.state",
    ),
    (
        "A skopeo sync file, which names no destination",
        "oras sync -f images.yaml --to localhost:5000/all",
    ),
];

const BACKUP: &[Example] = &[
    (
        "All tags of a repository",
        "oras backup localhost:5000/hello -o saved",
    ),
    (
        "Two tags with all their referrers, as an archive",
        "oras backup localhost:5000/hello:v1,multi -o saved.tar --include-referrers",
    ),
    (
        "Two repositories, one of them limited to the tags that match a pattern",
        "oras backup localhost:5000/hello 'localhost:5000/tools:v1*' -o all",
    ),
    (
        "All repositories of a registry below team/, as an archive",
        "oras backup --all localhost:5000 --repository 'team/*' -o team.tar",
    ),
    (
        "What would be saved",
        "oras backup localhost:5000/hello -o saved --dry-run",
    ),
];

const RESTORE: &[Example] = &[
    (
        "All tags of a backup",
        "oras restore --input backup localhost:5000/hello",
    ),
    ("One tag", "oras restore --input backup localhost:5000/hello:v1"),
    (
        "All repositories of a backup of several, each below copies/",
        "oras restore --input many localhost:5000/copies/",
    ),
    (
        "One of them, as another repository",
        "oras restore --input many --repository hello localhost:5000/other",
    ),
    (
        "What would be restored",
        "oras restore --input backup localhost:5000/hello --dry-run",
    ),
];

const VERIFY: &[Example] = &[
    (
        "An artifact with all its referrers",
        "oras verify localhost:5000/hello:v1",
    ),
    ("In an OCI image layout", "oras verify --oci-layout layout:v1"),
    (
        "For programs",
        "oras verify localhost:5000/hello:v1 --format json",
    ),
];

const TAG: &[Example] = &[
    (
        "More tags for an artifact",
        "oras tag localhost:5000/hello:v1 v1.2 latest",
    ),
    (
        "A tag for a digest",
        "oras tag localhost:5000/hello@$(oras resolve localhost:5000/hello:v1) stable",
    ),
    ("In an OCI image layout", "oras tag --oci-layout layout:v1 v1.2"),
];

const RESOLVE: &[Example] = &[
    ("The digest of a tag", "oras resolve localhost:5000/hello:v1"),
    (
        "A whole reference that never changes",
        "oras resolve -l localhost:5000/hello:v1",
    ),
    (
        "The manifest for one platform in an index",
        "oras resolve localhost:5000/hello:multi --platform linux/arm64",
    ),
];

const MANIFEST_FETCH: &[Example] = &[
    ("Unchanged", "oras manifest fetch localhost:5000/hello:v1"),
    ("Indented", "oras manifest fetch --pretty localhost:5000/hello:v1"),
    (
        "For one platform, to a file",
        "oras manifest fetch localhost:5000/hello:multi --platform linux/arm64 -o manifest.json",
    ),
    (
        "Its descriptor",
        "oras manifest fetch --descriptor localhost:5000/hello:v1",
    ),
];

const MANIFEST_FETCH_CONFIG: &[Example] = &[
    (
        "Unchanged",
        "oras manifest fetch-config localhost:5000/hello:linux-amd64",
    ),
    (
        "For one platform, indented",
        "oras manifest fetch-config localhost:5000/hello:multi --platform linux/arm64 --pretty",
    ),
    (
        "To a file",
        "oras manifest fetch-config localhost:5000/hello:linux-amd64 -o config.json",
    ),
];

const MANIFEST_PUSH: &[Example] = &[
    (
        "A file, under a tag",
        "oras manifest push localhost:5000/hello:v2 manifest.json",
    ),
    (
        "An edited manifest",
        "oras manifest fetch localhost:5000/hello:v1 | sed s/vnd.example/vnd.sample/ | oras manifest push localhost:5000/hello:v2 -",
    ),
];

const MANIFEST_DELETE: &[Example] = &[
    (
        "A manifest and all its tags, without confirmation",
        "oras manifest delete --force localhost:5000/hello:v1",
    ),
    (
        "By its digest",
        "oras manifest delete --force localhost:5000/hello@$(oras resolve localhost:5000/hello:linux-amd64)",
    ),
];

const INDEX_CREATE: &[Example] = &[
    (
        "From manifests, by their tags",
        "oras manifest index create localhost:5000/hello:v2 linux-amd64 linux-arm64",
    ),
    (
        "With a type and annotations",
        "oras manifest index create localhost:5000/hello:v2 v1 --artifact-type application/vnd.example -a stage=test",
    ),
    (
        "To inspect it first",
        "oras manifest index create localhost:5000/hello linux-amd64 -o - --pretty",
    ),
];

const INDEX_UPDATE: &[Example] = &[
    (
        "One manifest replaced by another",
        "oras manifest index update localhost:5000/hello:multi --add v1 --remove $(oras resolve localhost:5000/hello:linux-amd64)",
    ),
    (
        "The manifests of another index",
        "oras manifest index update localhost:5000/hello:multi --merge other",
    ),
    (
        "With a new tag as well",
        "oras manifest index update localhost:5000/hello:multi --add v1 --tag v3",
    ),
];

const BLOB_FETCH: &[Example] = &[
    (
        "To a file",
        "oras blob fetch localhost:5000/hello@$DIGEST -o hello.txt",
    ),
    (
        "To another program",
        "oras blob fetch localhost:5000/hello@$DIGEST -o - | cat",
    ),
];

const BLOB_PUSH: &[Example] = &[
    ("A file", "oras blob push localhost:5000/hello hello.txt"),
    (
        "The output of another program",
        "printf hello | oras blob push localhost:5000/hello@$DIGEST --size 5 -",
    ),
];

const BLOB_DELETE: &[Example] = &[(
    "Without confirmation",
    "oras blob delete --force localhost:5000/hello@$DIGEST",
)];

const REPO_LS: &[Example] = &[
    ("All that a registry lists", "oras repo ls localhost:5000"),
    ("Those of a namespace", "oras repo ls localhost:5000/mirror"),
];

const REPO_TAGS: &[Example] = &[
    ("All tags", "oras repo tags localhost:5000/hello"),
    (
        "Without those that belong to other artifacts",
        "oras repo tags localhost:5000/hello --exclude-digest-tags",
    ),
    ("In an OCI image layout", "oras repo tags --oci-layout layout"),
];

const LOGIN: &[Example] = &[
    (
        "With the password from stdin",
        "echo \"$PASSWORD\" | oras login localhost:5000 -u ann --password-stdin",
    ),
    (
        "With a credential from the environment",
        "ORAS_USERNAME=ann ORAS_PASSWORD=\"$PASSWORD\" oras login localhost:5000",
    ),
];

const LOGOUT: &[Example] = &[("Forget a credential", "oras logout localhost:5000")];

const AUTH_STATUS: &[Example] = &[
    (
        "Where credentials for a registry are found",
        "oras auth status localhost:5000",
    ),
    (
        "For one repository, for programs",
        "oras auth status localhost:5000/hello --format json",
    ),
];

const CONFIG_EXPLAIN: &[Example] = &[
    (
        "What the files of podman and docker say, and in which file",
        "oras config explain localhost:5000/hello:v1",
    ),
    (
        "For programs",
        "oras config explain localhost:5000/hello:v1 --format json",
    ),
];

const SERVE: &[Example] = &[
    ("In memory, for a test", "oras registry serve --addr 127.0.0.1:0"),
    (
        "From a folder, which keeps everything",
        "oras registry serve --layout registry --addr 127.0.0.1:0",
    ),
];

const VERSION: &[Example] = &[("What this program is", "oras version")];

const REPO_DELETE: &[Example] = &[
    (
        "Two tags, without confirmation",
        "oras repo delete localhost:5000/hello:linux-amd64,linux-arm64 --force",
    ),
    (
        "In an OCI image layout",
        "oras repo delete --oci-layout layout:v1 --force",
    ),
];

const REPO_PRUNE: &[Example] = &[
    (
        "What would be removed if ten tags were kept",
        "oras repo prune localhost:5000/hello --keep 10 --dry-run",
    ),
    (
        "Tags of pull requests older than a month",
        "oras repo prune localhost:5000/hello --match 'pr-*' --older-than 30d --force",
    ),
];

const LAYOUT_GC: &[Example] = &[
    ("What would be removed", "oras layout gc layout --dry-run"),
    ("Remove it", "oras layout gc layout"),
    ("Manifests without a tag, too", "oras layout gc layout --untagged"),
    (
        "New files, too, while no other process writes",
        "oras layout gc layout --grace 0s",
    ),
];

const LAYOUT_CHECK: &[Example] = &[
    ("Read and hash everything", "oras layout check layout"),
    ("Compare sizes only", "oras layout check layout --quick"),
    ("For programs", "oras layout check layout --format json"),
];

const LAYOUT_REPAIR: &[Example] = &[
    (
        "From a registry",
        "oras layout repair layout --from localhost:5000/hello",
    ),
    (
        "From another layout",
        "oras layout repair layout --from backup --from-oci-layout",
    ),
];

const COMPLETION: &[Example] = &[
    (
        "Bash: in this shell, or as a line of ~/.bashrc",
        "source <(oras completion bash)",
    ),
    (
        "Zsh, in a folder of fpath",
        "oras completion zsh > ~/.zfunc/_oras",
    ),
    (
        "Fish",
        "oras completion fish > ~/.config/fish/completions/oras.fish",
    ),
    ("PowerShell", "oras completion powershell >> $PROFILE"),
];
