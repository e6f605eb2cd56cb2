/* Where Debian's Lua looks for its modules; the package makes this file when it is built.
 */
#define DEB_HOST_MULTIARCH "none"
