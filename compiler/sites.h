/* The tables of sites, made of LLVM's stack maps. */
#ifndef COMPILER_SITES_H
#define COMPILER_SITES_H

#include <stdbool.h>
#include <stdint.h>

/* Replaces the stack maps of an ELF object that LLVM has made, if it has any, by groups
 * of sites (runtime/abi.h), in place. The ID of a stack map is the second and third word
 * of its site. False if a value lies where no place can say. */
bool make_sites(uint8_t *object);

#endif
