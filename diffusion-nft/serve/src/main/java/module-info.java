/** Pictures and rewards over HTTP, compatible with OpenAI's API. */
module org.diffusionnft.serve {
  requires transitive org.diffusionnft.shapes;
  requires transitive org.diffusionnft.http;
  requires static org.jspecify;

  exports org.diffusionnft.serve;
}
