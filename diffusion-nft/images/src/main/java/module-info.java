/** Pictures: pixels, PNG and JPEG, resizing, sheets, letters. */
module org.diffusionnft.images {
  requires transitive java.desktop;
  requires static org.jspecify;

  exports org.diffusionnft.images;
}
