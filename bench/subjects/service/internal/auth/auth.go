// Package auth gives tokens for a password and checks them.
package auth

import (
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/crypto/bcrypt"
)

// ErrRefused says that a password or token is not good.
var ErrRefused = errors.New("refused")

// Guard gives and checks tokens.
type Guard struct {
	key  []byte
	hash string
}

// New makes a guard; with an empty hash there is no login and everything is open.
func New(key []byte, hash string) *Guard { return &Guard{key: key, hash: hash} }

// Open says whether no token is needed.
func (g *Guard) Open() bool { return g.hash == "" }

// Login gives a token that is good for an hour.
func (g *Guard) Login(user, password string, now time.Time) (string, error) {
	if err := bcrypt.CompareHashAndPassword([]byte(g.hash), []byte(password)); err != nil {
		return "", ErrRefused
	}
	claims := jwt.RegisteredClaims{Subject: user, IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(time.Hour))}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(g.key)
}

// Check gives the user of a token.
func (g *Guard) Check(token string, now time.Time) (string, error) {
	parsed, err := jwt.ParseWithClaims(token, &jwt.RegisteredClaims{}, func(*jwt.Token) (any, error) { return g.key, nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithTimeFunc(func() time.Time { return now }))
	if err != nil {
		return "", errors.Join(ErrRefused, err)
	}
	return parsed.Claims.GetSubject()
}
