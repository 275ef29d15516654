/** Pages about the folder of a run. */
module org.diffusionnft.reports {
  requires transitive org.diffusionnft.trainer;
  requires jdk.httpserver;
  requires static org.jspecify;

  exports org.diffusionnft.reports;
}
