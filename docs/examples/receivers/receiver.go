// Package receiver takes webhooks of the log, with Go's own library alone.
package receiver

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"log"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// What was sent longer ago is refused, since somebody may have recorded it.
	tolerance = 5 * time.Minute
	// An event has 64 KiB at most, unless the sender's limits say otherwise.
	mostBytes = 1 << 20
)

// Keep puts an event into your database, and does nothing if its id is there.
type Keep func(ctx context.Context, id string, body []byte) error

// Key returns the bytes that a secret signs with.
func Key(secret string) ([]byte, error) {
	if strings.HasPrefix(secret, "whsec_") {
		return base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	}
	// A secret of your own is its own bytes.
	return []byte(secret), nil
}

// IsGenuine says whether the log sent this within the last five minutes.
func IsGenuine(body []byte, header http.Header, key []byte, now time.Time) bool {
	id, sent := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(sent, 10, 64)
	if id == "" || err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + sent + "."))
	mac.Write(body)
	expected := mac.Sum(nil)
	// While a secret is rotated there are several, with a space between them.
	for _, each := range strings.Fields(header.Get("webhook-signature")) {
		given, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(each, "v1,"))
		// hmac.Equal takes the same time wherever they differ.
		if err == nil && hmac.Equal(given, expected) {
			return true
		}
	}
	return false
}

// Receiver answers the log's requests.
func Receiver(key []byte, keep Keep) http.HandlerFunc {
	return func(answer http.ResponseWriter, request *http.Request) {
		// The bytes as they came: parsed and written again they would have another signature.
		body, err := io.ReadAll(http.MaxBytesReader(answer, request.Body, mostBytes))
		var tooLong *http.MaxBytesError
		switch {
		case errors.As(err, &tooLong):
			answer.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		case err != nil:
			answer.WriteHeader(http.StatusBadRequest)
			return
		case !IsGenuine(body, request.Header, key, time.Now()):
			answer.WriteHeader(http.StatusUnauthorized)
			return
		}
		if err := keep(request.Context(), request.Header.Get("webhook-id"), body); err != nil {
			log.Printf("an event could not be kept: %v", err)
			// And so it is sent again.
			answer.WriteHeader(http.StatusInternalServerError)
			return
		}
		answer.WriteHeader(http.StatusNoContent)
	}
}
