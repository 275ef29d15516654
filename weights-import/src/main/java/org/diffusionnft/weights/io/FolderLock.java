package org.diffusionnft.weights.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.diffusionnft.tensor.Opening;
import org.jspecify.annotations.Nullable;

/**
 * Reserves a folder for one process: a file {@code .lock} in it, locked by the operating system,
 * which releases it when the process ends in any way. It contains the owner's name for messages to
 * others. Readers of the folder need no lock.
 */
public final class FolderLock implements AutoCloseable {
  /** Name of the lock file. */
  public static final String NAME = ".lock";

  /** Position of the locked byte: beyond the owner's name, which stays readable on every system. */
  private static final long PLACE = Long.MAX_VALUE - 1;

  private static final int LONGEST_NAME = 200;

  /**
   * Folders locked by this process: opening and closing a lock file again would release the lock.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final Path key;
  private final FileChannel channel;

  private FolderLock(Path file, Path key, FileChannel channel) {
    this.file = file;
    this.key = key;
    this.channel = channel;
  }

  /**
   * Locks an existing folder.
   *
   * @throws InvalidFileException if another process has it, naming that owner, or if it contains a
   *     link, which is named: writing through a link would change files outside the folder
   * @throws OutputException if the file cannot be written
   */
  public static FolderLock take(Path folder) throws IOException {
    Path file = folder.resolve(NAME);
    Path key = folder.toRealPath();
    if (!HELD.add(key)) {
      throw inUse(folder, "by this very process");
    }
    boolean taken = false;
    try (Opening opening = new Opening()) {
      FolderLock lock = null;
      while (lock == null) {
        lock = attempt(folder, file, key);
      }
      opening.add(lock);
      requireNoLinks(folder);
      taken = true;
      return opening.done(lock);
    } catch (InvalidFileException e) {
      throw e;
    } catch (IOException e) {
      throw OutputException.of(file, e);
    } finally {
      if (!taken) {
        HELD.remove(key);
      }
    }
  }

  /** Null if the file was just deleted by an owner releasing it. */
  private static @Nullable FolderLock attempt(Path folder, Path file, Path key) throws IOException {
    requireNoLink(file);
    FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            LinkOption.NOFOLLOW_LINKS);
    boolean taken = false;
    try {
      Object opened = identity(file);
      if (!isFree(channel)) {
        throw inUse(folder, "by " + owner(channel));
      }
      if (!Objects.equals(opened, identity(file))) {
        return null;
      }
      channel.truncate(0);
      AtomicFile.writeFully(channel, ByteBuffer.wrap(me().getBytes(StandardCharsets.UTF_8)));
      taken = true;
      return new FolderLock(file, key, channel);
    } finally {
      if (!taken) {
        channel.close();
      }
    }
  }

  private static void requireNoLinks(Path folder) throws IOException {
    // The folder itself may be a link.
    try (Stream<Path> entries = Files.walk(folder.toRealPath())) {
      for (Path entry : (Iterable<Path>) entries::iterator) {
        requireNoLink(entry);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static void requireNoLink(Path entry) throws InvalidFileException {
    if (Files.isSymbolicLink(entry)) {
      throw new InvalidFileException(
          entry,
          "is a link, through which files elsewhere would be overwritten: put what it points to in"
              + " its place, or delete it");
    }
  }

  /** Locks the file. A file system without locks must still allow a run. */
  private static boolean isFree(FileChannel channel) {
    try {
      FileLock lock = channel.tryLock(PLACE, 1, false);
      return lock != null;
    } catch (IOException e) {
      return true;
    }
  }

  private static @Nullable Object identity(Path file) throws IOException {
    return Files.exists(file)
        ? Files.readAttributes(file, BasicFileAttributes.class).fileKey()
        : null;
  }

  private static String me() {
    return "process "
        + ProcessHandle.current().pid()
        + " since "
        + LocalDateTime.now(ZoneId.systemDefault())
            .format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss"));
  }

  private static String owner(FileChannel channel) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(LONGEST_NAME);
    int read = channel.read(bytes, 0);
    String name = new String(bytes.array(), 0, Math.max(0, read), StandardCharsets.UTF_8).strip();
    return name.isEmpty() ? "another process" : InvalidFileException.oneLine(name);
  }

  private static InvalidFileException inUse(Path folder, String owner) {
    return new InvalidFileException(
        folder, "is in use " + owner + ": wait until that ends, or end it first");
  }

  /** Releases the folder. */
  @Override
  public void close() {
    if (!channel.isOpen()) {
      return;
    }
    try (channel) {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // Windows cannot delete an open file; an unlocked file that remains is no lock.
    } finally {
      HELD.remove(key);
    }
  }
}
