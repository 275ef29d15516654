/** Pages about the folder of a run. */
module org.diffusionnft.reports {
  requires transitive org.diffusionnft.trainer;
  requires commons.math3;
  requires org.diffusionnft.http;
  requires static org.jspecify;

  exports org.diffusionnft.reports;
}
