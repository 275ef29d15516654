/**
 * Pictures: pixels, PNG and JPEG, resizing, sheets, letters.
 *
 * <p>{@code java.desktop} is needed only by who draws, reads files or writes JPEG: pixels and PNG
 * files do without.
 */
module org.diffusionnft.images {
  requires static transitive java.desktop;
  requires static org.jspecify;

  exports org.diffusionnft.images;
}
