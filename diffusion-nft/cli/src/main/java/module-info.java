/** The command line. */
module org.diffusionnft.cli {
  requires org.diffusionnft.conformance;
  requires org.diffusionnft.reports;
  requires org.diffusionnft.serve;
  requires org.diffusionnft.studies;
  requires org.diffusionnft.verify;
  requires info.picocli;
  requires me.tongfei.progressbar;
  requires org.jline.terminal;
  requires static org.jspecify;

  uses org.diffusionnft.trainer.run.CrewProvider;

  opens org.diffusionnft.cli to
      info.picocli;
}
