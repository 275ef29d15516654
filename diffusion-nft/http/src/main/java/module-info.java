/** A web server of this machine: where it listens, whom it answers, and its bounds. */
module org.diffusionnft.http {
  requires org.diffusionnft.tensor;
  requires transitive jdk.httpserver;
  requires static org.jspecify;

  exports org.diffusionnft.http;
}
