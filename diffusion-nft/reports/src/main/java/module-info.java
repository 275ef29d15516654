/** Pages about the folder of a run. */
module org.diffusionnft.reports {
  requires transitive org.diffusionnft.trainer;
  requires transitive org.diffusionnft.http;
  requires commons.math3;
  requires uplot;
  requires static org.jspecify;

  exports org.diffusionnft.reports;
}
