/** A web server of this machine: its address, the hosts that it accepts, and its limits. */
module org.diffusionnft.http {
  requires org.diffusionnft.tensor;
  requires transitive jdk.httpserver;
  requires static org.jspecify;

  exports org.diffusionnft.http;
}
