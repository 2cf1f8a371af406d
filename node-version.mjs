// Plain JavaScript, so that a Node that cannot run the sources can still say so.
const MAJOR_MIN = 24;
if (Number.parseInt(process.versions.node, 10) < MAJOR_MIN) {
  console.error(
    `This is Node ${process.versions.node}; the project brings Node 26 as a package. Run "npm ci" without --ignore-scripts, then "npm run …" again.`,
  );
  process.exit(1);
}
