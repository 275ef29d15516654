/** The demo, experiments, and the course. */
module org.diffusionnft.studies {
  requires transitive org.diffusionnft.shapes;
  requires org.diffusionnft.reports;
  requires commons.math3;
  requires static org.jspecify;

  exports org.diffusionnft.studies.benchmark;
  exports org.diffusionnft.studies.course;
  exports org.diffusionnft.studies.demo;
  exports org.diffusionnft.studies.experiment;
}
